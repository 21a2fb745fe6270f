package io.migpool.deviceplugin.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.instance.MigInstance;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What happened in all histories together, so that a walk that leads nowhere is noticed. */
final class Tally {

    /** What has to be met, or the histories prove less than they promise. */
    enum Kind {
        START,
        MOVE,
        EVICTION,
        CONFLICT,
        LOST_ANSWER,
        SLOW_ANSWER,
        /** The agent is killed between the two halves of an instance. */
        HALF_MADE,
        IN_USE,
        STALL,
        QUARANTINED,
        STUCK,
        LOST_GPU,
        REBOOT,
        LOST_FILE,
        /** A process begins in a pod that is gone. */
        OUTLIVED
    }

    private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);

    Tally() {
        for (Kind kind : Kind.values()) {
            counts.put(kind, 0);
        }
    }

    void count(Kind kind) {
        counts.merge(kind, 1, Integer::sum);
    }

    void countStates(List<MigInstance> instances) {
        for (MigInstance instance : instances) {
            switch (instance.state()) {
                case QUARANTINED -> count(Kind.QUARANTINED);
                case STUCK -> count(Kind.STUCK);
                case CREATING, ACTIVE, IDLE, DESTROYING, FOREIGN -> {}
            }
        }
    }

    void requireAllKinds() {
        assertThat(counts)
                .as("how often each was met")
                .allSatisfy((kind, count) -> assertThat(count).as(kind.name()).isPositive());
    }
}
