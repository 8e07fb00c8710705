import Testing
import TrainingLogs

struct SegmentationTests {
    private func parts(_ steps: [Int]) -> [ClosedRange<Int>] { Segmentation.segments(of: steps).map(\.steps) }

    @Test func risingStepsAreOneSegment() {
        #expect(parts([]) == [])
        #expect(parts([5]) == [5...5])
        #expect(parts([0, 10, 20]) == [0...20])
    }

    @Test func aStepBackOrARepeatBeginsASegment() {
        #expect(parts([0, 1, 2, 3, 2, 3, 4]) == [0...3, 2...4])
        #expect(parts([7, 8, 8, 9]) == [7...8, 8...9])
    }

    @Test func interleavedRanksAreOneSegment() {
        let two = (1...50).flatMap { [$0, $0] }
        #expect(parts(two) == [1...50])
        let lagging = (1...50).flatMap { [$0 + 2, $0] }
        #expect(parts(lagging) == [1...52])
        let resumed = two + (30...60).flatMap { [$0, $0] }
        #expect(parts(resumed) == [1...50, 30...60])
    }

    @Test func recordsCoverTheSeries() {
        let segments = Segmentation.segments(of: [0, 1, 2, 0, 1, 0])
        #expect(segments.map(\.records) == [0..<3, 3..<5, 5..<6])
    }
}
