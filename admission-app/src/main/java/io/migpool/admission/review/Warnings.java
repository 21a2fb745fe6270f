package io.migpool.admission.review;

import java.util.ArrayList;
import java.util.List;

/** Turns sentences into warnings of an AdmissionReview, which Kubernetes wants no longer than 120 characters each. */
final class Warnings {

    static final int LONGEST = 120;

    /** A sentence may quote what a hostile pod says. */
    private static final int LONGEST_SENTENCE = 20 * LONGEST;

    private Warnings() {}

    /** Returns the sentence as one or more warnings, split between words; the end of a very long one is cut off. */
    static List<String> of(String sentence) {
        List<String> lines = new ArrayList<>();
        String rest = sentence.length() > LONGEST_SENTENCE
                ? sentence.substring(0, LONGEST_SENTENCE) + " …"
                : sentence.strip();
        while (rest.length() > LONGEST) {
            int space = rest.lastIndexOf(' ', LONGEST);
            int end = space > 0 ? space : LONGEST;
            lines.add(rest.substring(0, end));
            rest = rest.substring(end).strip();
        }
        lines.add(rest);
        return List.copyOf(lines);
    }
}
