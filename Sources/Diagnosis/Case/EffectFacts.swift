import Terms

/// A place with which something begins, and the effect of all places of its kind.
package struct KnownPlace: Sendable {
    package var place: StepEffect.Place
    package var effect: StepEffect
}

/// What is known of the effects of known steps.
extension Case {
    /// What known steps do to the curves.
    package var effects: [StepEffect] {
        evidence.compactMap { item in
            if case .stepEffect(let effect) = item { return effect }
            return nil
        }
    }

    /// The effect of known steps of one kind.
    package func effect(of kind: KnownSteps.Kind) -> StepEffect? { effects.first { $0.kind == kind } }

    /// Weighs whether the loss changes at the known step with which the event begins.
    package func weighPlace(
        of kind: KnownSteps.Kind,
        moves: Clue<KnownPlace>,
        quiet: Clue<KnownPlace>,
        into weighing: inout Weighing
    ) {
        guard let effect = effect(of: kind), let place = effect.place(near: onset, within: 3 * run.interval) else {
            return
        }
        if !place.isQuiet {
            // Data that come again are easier, and not harder; elsewhere the direction is open.
            guard kind != .epochBoundaries || place.effect < 0 else { return }
            weighing.add(moves, KnownPlace(place: place, effect: effect))
        } else if StepEffect.certain * place.error <= StepEffect.worthSeeing {
            weighing.add(quiet, KnownPlace(place: place, effect: effect))
        }
    }
}
