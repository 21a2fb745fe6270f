package io.migpool.deviceplugin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Whose slots they are, from sources that do not all answer. */
class SlotOwnersTest {

    private static final NavigableSet<String> SLOTS = new TreeSet<>(List.of("mp-000"));
    private static final PodSlots OWNER =
            new PodSlots(new PodKey.ByName("team", "train"), new TreeMap<>(java.util.Map.of("main", SLOTS)));

    @Test
    void theSecondSourceIsAskedAlsoWhenTheFirstCannotBeRead() throws Exception {
        SlotOwners owners = new SlotOwners(broken("no JSON"), () -> List.of(OWNER), InstantSource.system());

        assertThat(owners.find(SLOTS, Duration.ofHours(1), _ -> true)).isEqualTo(OWNER);
    }

    @Test
    void whatKeepsEachSourceFromAnsweringIsTold() {
        SlotOwners owners = new SlotOwners(broken("no JSON"), broken("no socket"), InstantSource.system());

        assertThatThrownBy(() -> owners.find(SLOTS, Duration.ofMillis(100), _ -> true))
                .isInstanceOf(PreparationException.class)
                .hasMessageContaining("no JSON; no socket");
    }

    private static SlotSource broken(String why) {
        return () -> {
            throw new IOException(why);
        };
    }
}
