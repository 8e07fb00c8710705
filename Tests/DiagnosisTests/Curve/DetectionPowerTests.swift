import Diagnosis
import Foundation
import Testing

/// How much is found, and how little is found where nothing is, on drawn curves.
@Suite struct DetectionPowerTests {
    private static let draws = 20
    /// A block of n records and k deviations with k · √n at this value is to be found in 19 draws of 20.
    private static let strength = 20.0

    private func found(_ shapes: Set<Departure.Shape>, _ records: Range<Int>, in values: [Double]) -> Bool {
        CurveDescription(values).departures.contains { departure in
            let common = departure.records.clamped(to: records).count
            return shapes.contains(departure.shape) && 2 * common >= min(records.count, departure.records.count)
                && common > 0
        }
    }

    @Test(arguments: [20, 80, 300], DrawnCurve.Noise.allCases)
    func blocksAreFoundUpAndDown(records: Int, noise: DrawnCurve.Noise) {
        let height = Self.strength / Double(records).squareRoot()
        var (up, down) = (0, 0)
        for draw in 0..<Self.draws {
            let begin = 900 + 37 * draw
            let block = begin..<begin + records
            var curve = DrawnCurve(2500, noise: noise, seed: 100 * records + draw)
            curve.lift(block, by: height)
            if found([.bump], block, in: curve.values) { up += 1 }
            curve.lift(block, by: -2 * height)
            if found([.dip], block, in: curve.values) { down += 1 }
        }
        // Where the curve falls by as much within the block as the block is high, its edges do not rise.
        let least = records > 100 ? 10 : 18
        #expect(up >= least, "up: \(up) of \(Self.draws)")
        #expect(down >= least, "down: \(down) of \(Self.draws)")
    }

    @Test(arguments: DrawnCurve.Noise.allCases) func aStepIsFoundWhereItIs(noise: DrawnCurve.Noise) {
        var count = 0
        for draw in 0..<Self.draws {
            let begin = 1000 + 29 * draw
            var curve = DrawnCurve(2500, noise: noise, seed: 7000 + draw)
            curve.lift(begin..<2500, by: 4)
            let steps = CurveDescription(curve.values).departures.filter { $0.shape == .stepUp }
            if steps.contains(where: { abs($0.records.lowerBound - begin) <= 5 }) { count += 1 }
        }
        // A step of four deviations in a curve that falls by half as much over the same stretch is still missed now and then.
        #expect(count >= 12, "\(count) of \(Self.draws)")
    }

    /// A rise over hundreds of records, against a curve that still falls.
    @Test(arguments: DrawnCurve.Noise.allCases) func aSlowRiseIsFound(noise: DrawnCurve.Noise) {
        var count = 0
        for draw in 0..<Self.draws {
            var curve = DrawnCurve(2500, noise: noise, seed: 9000 + draw)
            for record in 1300..<2500 {
                curve.values[record] += 10 * DrawnCurve.sigma * min(1, Double(record - 1300) / 300)
            }
            if found([.rise, .stepUp, .bump], 1300..<2500, in: curve.values) { count += 1 }
        }
        #expect(count >= 17, "\(count) of \(Self.draws)")
    }

    @Test(arguments: DrawnCurve.Noise.allCases) func unchangedCurvesHaveNoDepartures(noise: DrawnCurve.Noise) {
        let departures = (0..<60).map { draw in
            let length = [60, 250, 1000, 4000][draw % 4]
            let curve = DrawnCurve(length, noise: noise, seed: 50_000 + 11 * draw)
            return CurveDescription(curve.values).departures.filter { $0.shape != .outlier }
        }
        let alarming = departures.filter { !$0.isEmpty }
        #expect(alarming.count <= 1, "\(alarming)")
    }

    @Test(arguments: [20, 80, 300]) func edgesOfLargeBlocksAreKnownToAFewRecords(records: Int) throws {
        withKnownIssue(
            "an edge may be four records off, and a block of 300 on a steep curve is not seen",
            isIntermittent: true
        ) {
            for draw in 0..<Self.draws {
                let begin = 1000 + 23 * draw
                var curve = DrawnCurve(2500, seed: 30_000 + 100 * records + draw)
                let sign = draw.isMultiple(of: 2) ? 1.0 : -1.0
                curve.lift(begin..<begin + records, by: 8 * sign)
                let shape = sign > 0 ? Departure.Shape.bump : .dip
                let block = try #require(CurveDescription(curve.values).departures(shape).first)
                #expect(abs(block.records.lowerBound - begin) <= 2, "\(block) for \(begin)")
                #expect(abs(block.records.upperBound - begin - records) <= 2, "\(block) for \(begin + records)")
                #expect(abs(block.sigmas - 8 * sign) < 2, "\(block.sigmas)")
                #expect(abs(block.size - 8 * sign * DrawnCurve.sigma) < 0.1)
                #expect(block.chance < CurveScan.leastChance)
            }
        }
    }

    @Test func aBlockTooWeakForAnyTestIsNotReported() {
        let reported = (0..<Self.draws).filter { draw in
            var curve = DrawnCurve(2500, seed: 80_000 + draw)
            curve.lift(1200..<1220, by: 0.4)
            return !CurveDescription(curve.values).departures.filter { $0.shape != .outlier }.isEmpty
        }
        #expect(reported.count <= 1)
    }
}
