import Foundation
import Replay
import Terms

/// The words for what a replay shows.
extension ReplayConclusion {
    /// A sentence, or two.
    package var sentence: String {
        switch self {
        case .anotherModel(let logged, let controls):
            "This is not the model that wrote the log: around the checkpoint's step the log printed about "
                + "\(NumberText.loss(logged)), and control batches have \(NumberText.loss(controls)). The checkpoint, its "
                + "configuration or the order of the data is another; nothing below is evidence."
        case .notes(let notes):
            CheckpointNote.sentence(notes)
        case .brokenWeights(let parameter):
            "The checkpoint itself holds \(parameter.count) non-finite values in \(parameter.name), so every batch "
                + "fails under it."
        case .firstNonFinite(let origin):
            "The first non-finite value appears at \(origin.place), row \(origin.row), position \(origin.position), and is "
                + (origin.producer ? "produced there from finite inputs" : "passed on from its inputs")
                + (origin.weightsFinite ? "." : ", by weights that are not finite.")
        case .loss(let step, let checkpoint, let loss, let controls):
            "Under the weights of \(checkpoint) the batch of step \(step) has loss \(NumberText.loss(loss))"
                + (controls.map { "; \($0.text)." } ?? ".")
        case .otherThanLogged(let logged):
            "The log printed \(NumberText.loss(logged)) for this very batch under these very weights: the trainer did not "
                + "compute what is replayed here. Either the bytes, their order, the weights or the forward pass differ, so "
                + "this replay tells nothing about the step."
        case .pristine(let loss, let isCured):
            "With pristine bytes the same batch has \(NumberText.loss(loss)): "
                + (isCured
                    ? "the damaged bytes alone make the difference." : "the bytes do not explain the difference.")
        case .ordinary(let score):
            score < 1
                ? "Under these weights the data of this step cost no more than those of the controls."
                : "That is within what batches differ by: under these weights the data of this step are ordinary."
        case .concentrated(let rows, let row, let share, let positions):
            "\(rows == 1 ? "One row carries" : "\(rows) rows carry") 80 % of the excess; row \(row) alone "
                + String(format: "%.0f %%", locale: nil, share * 100)
                + ", at positions \(positions.lowerBound) to \(positions.upperBound - 1)."
        case .underOther(let checkpoint, let score, let standsOut):
            standsOut
                ? "Under \(checkpoint) too the batch stands \(deviations(score)) deviations apart: the data, not the state."
                : "Under \(checkpoint) the batch is unremarkable (\(deviations(score)) deviations): the state, not the data."
        case .emulated(let emulation):
            emulation.sentence
        case .problem(let problem):
            problem.sentence
        case .skippedCheckpoint(let error):
            "A nearer checkpoint could not be read: \(error)."
        case .trainedOnBatch:
            "The checkpoint is from after the step: it was trained on this very batch."
        case .olderWeights(let updates):
            "The weights are \(updates) update\(updates == 1 ? "" : "s") older than those the step was trained with."
        case .rowsLeftOut(let rows):
            "\(rows) rows were left out to stay within the token budget."
        }
    }
}

extension ReplayConclusion.Controls {
    fileprivate var text: String {
        let spread = deviation.map { " ± \(NumberText.loss($0))" } ?? ""
        let score = zScore.map { ", \(deviations($0)) deviations apart" } ?? ""
        return "\(count) control batches have \(NumberText.loss(mean))\(spread)\(score)"
    }
}

private func deviations(_ score: Double) -> String { String(format: "%.1f", locale: nil, score) }

extension NonFiniteOrigin {
    /// "layer 3, qkv".
    package var place: String { layer.map { "layer \($0), \(operation.rawValue)" } ?? operation.rawValue }
}

extension Emulation {
    /// How many times larger the largest value could be before it overflows; 0 where a gradient does overflow.
    package var headroom: Double {
        if case .operation(_, let headroom) = tightest { headroom } else { 0 }
    }

    fileprivate var sentence: String {
        if let origin = firstNonFinite {
            return "In \(precision.rawValue) the \(isBackward ? "backward" : "forward") pass overflows "
                + "first at \(origin.place), row \(origin.row), position \(origin.position)."
        }
        let start = "In \(precision.rawValue) the loss is \(NumberText.loss(loss)) and \(tightest.name) "
        guard case .operation(_, let headroom) = tightest else {
            return start + "overflows: the update would be skipped, or ruin the weights."
        }
        let room = String(format: "%.3g", locale: nil, headroom)
        return start + "has \(room) times its largest value to spare."
    }
}

extension Emulation.Tightest {
    /// What it is called in JSON and in sentences.
    package var name: String {
        switch self {
        case .operation(let name, _): name
        case .gradient(let tensor): "the gradient of \(tensor)"
        }
    }
}

extension WeightProblem {
    fileprivate var sentence: String {
        switch subject {
        case .optimizer: "Note that \(detail)."
        case .moments: "The optimizer's \(name): \(detail)."
        case .weight: "Weights of \(name): \(detail)."
        }
    }

    /// The figures in words, without a full stop.
    package var detail: String {
        switch figures {
        case .nonFinite(let count, let all):
            "\(count) of \(all) values are NaN or infinite"
        case .allZero(let count):
            "all \(count) values are zero"
                + (isOptimizer ? ": no gradient has arrived, or the state was reset" : "")
        case .absurdNorm(let rootMeanSquare, let largest):
            "root mean square \(Float(rootMeanSquare)), largest \(Float(largest))"
        case .changedNorm(let norm, let earlier):
            "norm \(Float(norm)), \(Float(norm / earlier)) times the earlier \(Float(earlier))"
        case .negativeMoment(let count, let all):
            "\(count) of \(all) averages of squares are below zero"
        case .impossibleMoment(let count, let all):
            "\(count) of \(all) means of gradients are too large for their means of squares: one of the two was lost, cut off "
                + "or changed"
        case .outlyingMoment(let times, let others):
            "one value is \(Float(times)) times the mean of the \(others) others: a changed bit, or one huge gradient"
        case .updates(let optimizer, let checkpoint):
            "the optimizer has made \(optimizer) updates, the checkpoint holds \(checkpoint)"
        case .updatesOfRank(let rank, let updates, let before):
            "rank \(rank) has made \(updates) updates, the ranks before \(before)"
        }
    }
}

extension UncheckedOptimizer {
    /// Without a full stop.
    package var sentence: String {
        switch self {
        case .tooLarge(let most):
            "not checked: states of more than \(most / 1_000_000) million parameters are not read"
        case .noMoments:
            "not checked: it holds no moments; no update was made, or it is no optimizer's state"
        case .noUpdate(let file):
            "\(file) holds no moments: no update was made"
        case .unreadable(let error):
            "not checked: \(error)"
        case .distributed:
            "not checked: PyTorch's distributed checkpoints (FSDP, torchtitan) are not read; save a FULL_STATE_DICT, or "
                + "convert with torch.distributed.checkpoint.format_utils.dcp_to_torch_save"
        case .megatron:
            "not checked: Megatron's distributed optimizer is not read"
        case .ranksMissing:
            "not checked: the parts of some ranks are missing, or the model is cut too (mp_rank_01)"
        case .noSlices(let file):
            "not checked: \(file) has no param_slice_mappings, as those of ZeRO stage 3 have not"
        case .otherRanks(let known):
            "only ranks \(known.map(String.init).joined(separator: ", ")) are here: the parts of others are not checked"
        case .otherParts(let saved, let here):
            "\(saved) ranks have saved parts, \(here) are here: the others are not checked"
        case .unreadMoment(let moment, let owner, let file, let type):
            "\(moment.rawValue) of \(owner.name) in \(file) is of type \(type) or not contiguous: not checked"
        }
    }
}
