package io.migpool.extender.placement;

import java.util.Comparator;
import java.util.List;

/**
 * The order of options under a chain of rules, best first. {@link DeviceOption#beforeAnyPolicy} precedes the chain. Ties
 * go to what takes least from later requests, existing instances, the first GPU, and HAMi's order of starts. Written out,
 * rather than composed of comparators, because a decision compares every GPU.
 *
 * @param rules the chain, the rule that decides first coming first
 */
record OptionOrder(List<Comparator<DeviceOption>> rules) implements Comparator<DeviceOption> {

    OptionOrder {
        rules = List.copyOf(rules);
    }

    @Override
    public int compare(DeviceOption one, DeviceOption other) {
        int order = DeviceOption.beforeAnyPolicy(one, other);
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
    static int byFragmentation(DeviceOption one, DeviceOption other) {
        return Long.compare(fragmentation(one), fragmentation(other));
    }

    private static long fragmentation(DeviceOption option) {
        return switch (option) {
            case DeviceOption.MigOption mig -> mig.fragmentation();
            case DeviceOption.ShareOption share -> -share.gpu().takenPermille();
        };
    }

    private static boolean reusesIdle(DeviceOption option) {
        return option instanceof DeviceOption.MigOption mig && mig.idle();
    }
}
