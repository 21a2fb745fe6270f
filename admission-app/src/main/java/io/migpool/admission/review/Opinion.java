package io.migpool.admission.review;

import java.util.List;
import java.util.stream.Stream;

/**
 * The result of one rule, or of all rules together, for a pod.
 *
 * @param edits changes, in order
 * @param warnings sentences for the user, each short enough for a line of kubectl
 * @param denials reasons to refuse the pod; one is enough
 */
record Opinion(List<Edit> edits, List<String> warnings, List<Denial> denials) {

    static final Opinion NONE = new Opinion(List.of(), List.of(), List.of());

    Opinion {
        edits = List.copyOf(edits);
        warnings = List.copyOf(warnings);
        denials = List.copyOf(denials);
    }

    static Opinion change(Edit... edits) {
        return new Opinion(List.of(edits), List.of(), List.of());
    }

    static Opinion warn(String sentence) {
        return new Opinion(List.of(), Warnings.of(sentence), List.of());
    }

    static Opinion deny(Denial.Code code, String message) {
        return new Opinion(List.of(), List.of(), List.of(new Denial(code, message)));
    }

    Opinion and(Opinion other) {
        return new Opinion(
                concat(edits, other.edits), concat(warnings, other.warnings), concat(denials, other.denials));
    }

    private static <T> List<T> concat(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
