import Foundation
import Reporting
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The rules that a checker would apply, as far as they can be computed from the files.
@Suite struct AccessibilityTests {
    @Test func thePageHasALanguageLandmarksAndASkipLink() throws {
        let html = try HTMLReport.text(Fixture.compared(), history: Fixture.history())
        #expect(html.contains("<html lang=\"en\">"))
        let outline = try XMLOutline(html)
        for landmark in ["header", "main", "nav", "footer"] {
            #expect((outline.elements[landmark] ?? 0) >= 1, "\(landmark)")
        }
        #expect(outline.elements["main"] == 1 && outline.elements["h1"] == 1)
        let body = try #require(html.firstRange(of: "<body>"))
        #expect(html[body.upperBound...].trimmingPrefix("\n").hasPrefix("<a class=\"skip\" href=\"#main\">"))
        #expect(
            html.contains("name=\"viewport\" content=\"width=device-width, initial-scale=1\""),
            "zoom is not blocked"
        )
    }

    @Test func everyTableHeaderHasAScopeAndEveryTableACaption() throws {
        let html = try HTMLReport.text(Fixture.compared(), history: Fixture.history())
        let headers = html.matches(of: try Regex("<th[ >][^>]*>?")).map { String(html[$0.range]) }
        #expect(headers.count > 10)
        for header in headers { #expect(header.contains("scope=\""), "\(header)") }
        let outline = try XMLOutline(html)
        #expect(outline.elements["caption"] == outline.elements["table"])
    }

    @Test func everythingThatScrollsCanBeReachedAndHasAName() throws {
        let html = try HTMLReport.text(Fixture.compared(), history: Fixture.history())
        let scrolling = html.matches(of: try Regex("<[a-z]+ [^>]*class=\"[^\"]*scroll[^\"]*\"[^>]*>"))
        #expect(scrolling.count > 5)
        for match in scrolling {
            let element = String(html[match.range])
            #expect(element.contains("tabindex=\"0\"") && element.contains("aria-label=\""), "\(element)")
        }
    }

    @Test func linksSayWhereTheyLead() throws {
        let html = try HTMLReport.text(Fixture.compared(), history: Fixture.history())
        for match in html.matches(of: try Regex("<a [^>]*>([^<]*)</a>")) {
            let text = match.output[1].substring.map(String.init) ?? ""
            #expect(!text.trimmingCharacters(in: .whitespaces).isEmpty)
            #expect(!["here", "more", "link", "click here", "Guide"].contains(text), "\(text)")
        }
    }

    @Test func everyIdIsUniqueWithAllPlotsInThePage() throws {
        let (document, history) = MorePlotTests.everything()
        let outline = try XMLOutline(try HTMLReport.text(document, history: history))
        #expect(outline.error == nil)
        let ids = outline.attributes.filter { $0.name == "id" }.map(\.value)
        #expect(Set(ids).count == ids.count)
        for name in ["aria-labelledby", "aria-describedby"] {
            for value in outline.attributes.filter({ $0.name == name }).map(\.value) {
                for id in value.split(separator: " ") { #expect(ids.contains(String(id)), "\(name) \(id)") }
            }
        }
    }

    /// WCAG 2.2: 4.5 for text, 3 for what is drawn.
    @Test(arguments: [false, true])
    func theReportsColoursHaveContrast(isDark: Bool) throws {
        let colors = try Palette.variables(of: Resource.reportStyle, isDark: isDark)
        let texts = [
            ("ink", "paper"), ("ink", "card"), ("muted", "paper"), ("muted", "card"), ("link", "paper"),
            ("link", "card"),
            ("bad", "bad-paper"), ("bad", "card"), ("warning", "card"), ("good", "good-paper"), ("note", "note-paper"),
            ("note", "card"),
        ]
        for (text, ground) in texts {
            let ratio = try Palette.contrast(#require(colors[text]), #require(colors[ground]))
            #expect(ratio >= 4.5, "\(text) on \(ground): \(ratio)")
        }
        #expect(try Palette.contrast(#require(colors["bar"]), #require(colors["card"])) >= 3)
    }

    @Test(arguments: [Appearance.light, .dark])
    func thePlotsColoursHaveContrast(appearance: Appearance) throws {
        let style = appearance.plotStyle
        let ground = try #require(Palette.last(".plot .background", "fill", in: style))
        for selector in [".plot text", ".plot .subtitle", ".plot .tick", ".plot .axis-title", ".plot .alert-text"] {
            let color = try #require(Palette.last(selector, "fill", in: style), "\(selector)")
            #expect(try Palette.contrast(color, ground) >= 4.5, "\(selector) \(color)")
        }
        let strokes = [
            "loss", "rate", "norm", "scale", "resume", "nonfinite-cross", "limit", "stems", "late", "control-mean",
            "logged",
        ]
        for name in strokes {
            let color = try #require(Palette.last(".plot .\(name)", "stroke", in: style), "\(name)")
            #expect(try Palette.contrast(color, ground) >= 3, "\(name) \(color)")
        }
        for name in [
            "operation.attention", "operation.mlp", "operation.layernorm", "damage-read", "repaired", "suspect",
        ] {
            let color = try #require(Palette.last(".plot .\(name)", "fill", in: style), "\(name)")
            #expect(try Palette.contrast(color, ground) >= 3, "\(name) \(color)")
        }
    }
}

/// Colours read from style sheets.
enum Palette {
    /// The custom properties of the root, light or dark.
    static func variables(of css: String, isDark: Bool) throws -> [String: String] {
        let blocks = css.split(separator: ":root {", omittingEmptySubsequences: false).dropFirst()
        let light = try #require(blocks.first)
        let dark = try #require(blocks.dropFirst().first)
        var colors: [String: String] = [:]
        for block in isDark ? [light, dark] : [light] {
            for match in block.prefix(while: { $0 != "}" }).matches(of: try Regex("--([a-z-]+): (#[0-9a-f]{6})")) {
                let (name, value) = (match.output[1].substring, match.output[2].substring)
                if let name, let value { colors[String(name)] = String(value) }
            }
        }
        return colors
    }

    /// The colour that the last rule of a selector gives, also in a list of selectors.
    static func last(_ selector: String, _ property: String, in css: String) -> String? {
        var found: String?
        for rule in css.split(separator: "}") {
            let parts = rule.split(separator: "{", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let selectors = parts[0].split(separator: ",").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            guard selectors.contains(selector) else { continue }
            for declaration in parts[1].split(separator: ";") {
                let pair = declaration.split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
                if pair.count == 2, pair[0] == property, pair[1].hasPrefix("#") { found = pair[1] }
            }
        }
        return found
    }

    /// The contrast of two colours by WCAG.
    static func contrast(_ one: String, _ other: String) throws -> Double {
        let (a, b) = (try luminance(one), try luminance(other))
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    private static func luminance(_ color: String) throws -> Double {
        let number = try #require(Int(color.dropFirst(), radix: 16))
        let channels = [number >> 16 & 255, number >> 8 & 255, number & 255].map { value -> Double in
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }
}
