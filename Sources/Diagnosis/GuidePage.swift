/// Where the guide's pages are: one article per symptom and per cause, named by its id.
public enum GuidePage {
    /// The path of a page below the guide's root, as DocC publishes it.
    ///
    /// DocC lower-cases the module's name and puts articles of the catalog below it.
    public static func path(id: String) -> String { "documentation/diagnosis/\(id)" }
}
