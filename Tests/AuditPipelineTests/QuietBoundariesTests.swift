import AuditPipeline
import Testing

@Suite struct QuietBoundariesTests {
    /// A boundary at which another event began is not quiet, whatever event is asked about.
    @Test func aBoundaryBesideAnySuspectStepIsNotQuiet() {
        let boundaries = [100, 200, 300, 400, 500]
        #expect(QuietBoundaries.count(boundaries, suspects: []) == 5)
        #expect(QuietBoundaries.count(boundaries, suspects: [201, 202, 203]) == 4)
        #expect(QuietBoundaries.count(boundaries, suspects: [98, 202, 250, 397, 503]) == 3)
        #expect(QuietBoundaries.count([.min, .max], suspects: [.max]) == 1)
        #expect(QuietBoundaries.count([], suspects: [1]) == 0)
    }
}
