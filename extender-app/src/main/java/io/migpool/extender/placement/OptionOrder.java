package io.migpool.extender.placement;

import java.util.Comparator;
import java.util.List;

/**
 * The order of options under a chain of rules, best first. {@link Option#beforeAnyPolicy} precedes the chain. Ties after it
 * go to what takes least from later requests, existing instances, the first GPU, and HAMi's order of starts. Written out,
 * rather than composed of comparators, because a decision compares every GPU.
 *
 * @param rules the chain, the rule that decides first coming first
 */
record OptionOrder(List<Comparator<Option>> rules) implements Comparator<Option> {

    OptionOrder {
        rules = List.copyOf(rules);
    }

    @Override
    public int compare(Option one, Option other) {
        int order = Option.beforeAnyPolicy(one, other);
        for (int i = 0; order == 0 && i < rules.size(); i++) {
            order = rules.get(i).compare(one, other);
        }
        if (order == 0) {
            order = byFragmentation(one, other);
        }
        if (order == 0) {
            order = Boolean.compare(reusesIdle(other), reusesIdle(one));
        }
        return order != 0 ? order : FirstFit.WITHIN_NODE.compare(one, other);
    }

    /** Compares two options of the same sort. Software shares cause no fragmentation: they go to the fullest GPU. */
    static int byFragmentation(Option one, Option other) {
        return Long.compare(fragmentation(one), fragmentation(other));
    }

    private static long fragmentation(Option option) {
        return switch (option) {
            case Option.Cut cut -> cut.fragmentation();
            case Option.Slice slice -> -slice.gpu().takenPermille();
        };
    }

    private static boolean reusesIdle(Option option) {
        return option instanceof Option.Cut cut && cut.idle();
    }
}
