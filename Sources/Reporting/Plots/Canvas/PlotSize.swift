/// The room that a plot is drawn for. Letters are of one size in both, so that each is read best near its own width.
package enum PlotSize: Sendable, CaseIterable {
    /// For screens and paper; the files have it.
    case wide
    /// For a phone held upright; only pages have it.
    case narrow

    /// The whole width, in user units.
    package var width: Double { self == .wide ? 960 : 340 }
    /// What is left of an axis at least, for its ticks and its title.
    package var left: Double { self == .wide ? 76 : 52 }
    /// What is right of an axis, for the half of its last label.
    package var right: Double { self == .wide ? 26 : 18 }
    /// How far captions are from the edges.
    package var inset: Double { self == .wide ? 20 : 8 }
    /// About how many ticks an axis of steps has room for.
    package var ticks: Int { self == .wide ? 9 : 4 }
    /// The classes of the whole plot.
    package var style: String { self == .wide ? "plot wide" : "plot narrow" }

    /// The stem of the ids, which differ where both stand in one page.
    package func name(_ stem: String) -> String { self == .wide ? stem : stem + "-narrow" }

    /// The height of a panel: a phone held upright is short of width, and a steep curve says less.
    package func height(_ wide: Double) -> Double { self == .wide ? wide : min(wide, 210) }
}

/// A plot that can be drawn for more than one room.
package struct Drawing: Sendable {
    private let draw: @Sendable (PlotSize) -> Markup

    package init(_ draw: @escaping @Sendable (PlotSize) -> Markup) { self.draw = draw }

    /// The plot as an element, without its style sheet.
    package func markup(_ size: PlotSize = .wide) -> Markup { draw(size) }

    /// The plot in every size, for a page whose style sheet shows the one that has room. Without a style sheet the wide one
    /// is seen alone.
    package func elements() throws -> String {
        try PlotSize.allCases.map { size in
            var markup = draw(size)
            if size == .narrow { markup.attributes.append(Markup.Attribute(name: "display", value: "none")) }
            return try markup.encoded(isDocument: false)
        }.joined(separator: "\n")
    }
}
