package io.migpool.testbed.bench.packing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.testbed.bench.load.RequestedProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceReplayTest {

    private static final String HEADER = "name,num_gpu,gpu_milli,creation_time,deletion_time";

    @TempDir
    private Path folder;

    private void trace(String... lines) throws IOException {
        Files.writeString(folder.resolve("openb_pod_list_small.csv"), String.join("\n", lines));
    }

    @Test
    void thousandthsBecomeProfilesByBothMapsAndSeveralGpusWholeOnes() throws IOException {
        trace(HEADER, "a,1,460,10,20", "b,0,0,11,12", "c,2,1000,5,6", "d,1,140,30,40");
        List<TraceReplay> replays = TraceReplay.in(folder);
        assertThat(replays)
                .extracting(TraceReplay::label)
                .containsExactly("openb_pod_list_small.csv by memory", "openb_pod_list_small.csv by compute");
        TraceReplay memory = replays.getFirst();
        assertThat(memory.share(RequestedProfile.G7)).isEqualTo(0.5);
        assertThat(memory.share(RequestedProfile.G3)).isEqualTo(0.25);
        assertThat(memory.share(RequestedProfile.G2)).isEqualTo(0.25);
        TraceReplay compute = replays.getLast();
        assertThat(compute.share(RequestedProfile.G4)).isEqualTo(0.25);
        assertThat(compute.share(RequestedProfile.G1)).isEqualTo(0.25);
    }

    @Test
    void requestsLeaveWhenTheirLifeIsOver() {
        Arrivals arrivals = Arrivals.replay(List.of(
                new TraceReplay.Request(RequestedProfile.G1, 0, 15),
                new TraceReplay.Request(RequestedProfile.G1, 10, 10),
                new TraceReplay.Request(RequestedProfile.G1, 20, 99),
                new TraceReplay.Request(RequestedProfile.G1, 30, 31)));
        assertThat(List.of(arrivals.leaves(0), arrivals.leaves(1), arrivals.leaves(2), arrivals.leaves(3)))
                .containsExactly(2, 2, 4, 4);
    }

    @Test
    void equalSeedsDrawEqualRequests() throws IOException {
        trace(HEADER, "a,1,460,10,20", "c,1,1000,5,60", "d,1,140,30,40");
        TraceReplay replay = TraceReplay.in(folder).getFirst();
        Arrivals one = replay.draw(1, 1, 9);
        Arrivals other = replay.draw(1, 1, 9);
        assertThat(one.count()).isEqualTo(12);
        for (int slot = 0; slot < one.count(); slot++) {
            assertThat(one.profile(slot)).isEqualTo(other.profile(slot));
            assertThat(one.leaves(slot)).isEqualTo(other.leaves(slot)).isGreaterThan(slot);
        }
        assertThat(replay.gpusFor(0.5)).isGreaterThan(replay.gpusFor(1.0));
    }

    @Test
    void foldersWithoutTracesAndOtherFilesAreRefusedByName() throws IOException {
        assertThatThrownBy(() -> TraceReplay.in(folder)).hasMessageContaining("openb_pod_list_*.csv");
        trace("name,size", "a,1");
        assertThatThrownBy(() -> TraceReplay.in(folder))
                .hasMessageContaining("openb_pod_list_small.csv")
                .hasMessageContaining("gpu_milli");
    }
}
