package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.PodDemand;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RequestMixTest {

    private static final MigBoard A100 = new MigBoard(Boards.a10080("a", 0), MigRules.UNRESTRICTED);
    private static final MigBoard A30 = new MigBoard(Boards.a30("b", 0), MigRules.UNRESTRICTED);

    private static final MemoryRequest WHOLE = new MemoryRequest.WholeGpu();

    private static double popularity(RequestMix mix, MigBoard board, String profile) {
        double[] all = mix.snapshot().popularity(board);
        for (int i = 0; i < all.length; i++) {
            if (board.profile(i).profile().toString().equals(profile)) {
                return all[i];
            }
        }
        throw new AssertionError(profile);
    }

    @Test
    void beforeAnyObservationEveryPlainProfileIsAsLikely() {
        RequestMix mix = new RequestMix();
        assertThat(popularity(mix, A100, "7g.80gb")).isCloseTo(1 / 6.0, within(1e-12));
        assertThat(popularity(mix, A100, "1g.10gb")).isCloseTo(1 / 6.0, within(1e-12));
        assertThat(popularity(mix, A100, "1g.10gb+me")).isZero();
        assertThat(popularity(mix, A30, "4g.24gb")).isCloseTo(1 / 3.0, within(1e-12));
    }

    @Test
    void theSharesOfARandomMixAreFound() {
        long seed = 7;
        Random random = new Random(seed);
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 3000; i++) {
            mix.observe(Demands.mib(random.nextInt(4) == 0 ? 40_960 : 10_240));
        }
        assertThat(popularity(mix, A100, "3g.40gb")).as("seed %d", seed).isCloseTo(0.25, within(0.06));
        assertThat(popularity(mix, A100, "1g.10gb")).as("seed %d", seed).isCloseTo(0.75, within(0.06));
        assertThat(Arrays.stream(mix.snapshot().popularity(A100)).sum()).isCloseTo(1, within(1e-9));
    }

    @Test
    void oldRequestsAreForgottenAsNewOnesCome() {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 1000; i++) {
            mix.observe(Demands.mib(40_960));
        }
        double before = popularity(mix, A100, "3g.40gb");
        for (int i = 0; i < 500; i++) {
            mix.observe(Demands.mib(10_240));
        }
        double faded = popularity(mix, A100, "3g.40gb");
        for (int i = 0; i < 2000; i++) {
            mix.observe(Demands.mib(10_240));
        }
        assertThat(before).isGreaterThan(0.95);
        assertThat(faded).isBetween(0.25, 0.45);
        assertThat(popularity(mix, A100, "3g.40gb")).isLessThan(0.03);
    }

    @Test
    void theSameRequestIsAnotherProfileOnAnotherBoard() {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 100; i++) {
            mix.observe(Demands.mib(20_480));
        }
        assertThat(popularity(mix, A100, "1g.20gb")).isGreaterThan(0.8);
        assertThat(popularity(mix, A30, "4g.24gb")).isGreaterThan(0.8);
    }

    @Test
    void whatABoardCannotServeIsNoPartOfItsMix() {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 100; i++) {
            mix.observe(Demands.mib(60_000));
        }
        assertThat(popularity(mix, A30, "4g.24gb")).isCloseTo(1 / 3.0, within(1e-12));
    }

    @Test
    void anyNumberOfDifferentRequestsIsRemembered() {
        RequestMix mix = new RequestMix();
        for (int i = 1; i <= 5000; i++) {
            mix.observe(Demands.mib(i));
        }
        assertThat(Arrays.stream(mix.snapshot().popularity(A100)).sum()).isCloseTo(1, within(1e-9));
        assertThat(popularity(mix, A100, "1g.10gb")).isGreaterThan(0.8);
    }

    @Test
    void equalObservationsGiveEqualMixesAndASnapshotLastsForSeveral() {
        RequestMix one = new RequestMix();
        RequestMix other = new RequestMix();
        for (int i = 0; i < 400; i++) {
            one.observe(Demands.mib(1 + i % 7 * 10_000));
            other.observe(Demands.mib(1 + i % 7 * 10_000));
        }
        assertThat(one.snapshot().popularity(A100))
                .containsExactly(other.snapshot().popularity(A100));
        ObservedRequests before = one.snapshot();
        int renewed = 0;
        for (int i = 0; i < 400; i++) {
            one.observe(Demands.mib(1000));
            renewed += before == one.snapshot() ? 0 : 1;
            before = one.snapshot();
        }
        assertThat(renewed).isBetween(4, 20);
    }

    @Test
    void aRequestThatComesBackAfterALongTimeCountsOnce() {
        RequestMix known = new RequestMix();
        RequestMix fresh = new RequestMix();
        known.observe(Demands.mib(40_960));
        fresh.observe(Demands.mib(10_240));
        for (int i = 0; i < 20_000; i++) {
            known.observe(Demands.mib(10_240));
            fresh.observe(Demands.mib(10_240));
        }
        for (int i = 0; i < 200; i++) {
            known.observe(Demands.mib(40_960));
            fresh.observe(Demands.mib(40_960));
        }
        assertThat(popularity(known, A100, "3g.40gb")).isCloseTo(popularity(fresh, A100, "3g.40gb"), within(1e-9));
    }

    @Test
    void onePodOfManyDevicesIsNotAllThatIsRemembered() {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 500; i++) {
            mix.observe(Demands.mib(10_240));
        }
        mix.observe(Demands.mib(1024, 40_960));
        for (int i = 0; i < 50; i++) {
            mix.observe(Demands.mib(10_240));
        }
        assertThat(popularity(mix, A100, "1g.10gb")).isGreaterThan(0.9);
    }

    private static PodDemand whole(String mode) {
        return Demands.pod()
                .app(1, WHOLE)
                .demand(PodConstraints.fromAnnotations(Pool.constraint(Annotations.VGPU_MODE, mode)));
    }

    @Test
    void untilTheirLikeHaveBeenPlacedPodsThatPreferWholeGpusCountInFull() {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 100; i++) {
            mix.observe(Demands.pod().app(1, WHOLE).demand());
        }
        assertThat(popularity(mix, A100, "7g.80gb")).isGreaterThan(0.8);
    }

    @Test
    void podsThatGetWholeGpusAreNoRequestsForInstances() {
        PodDemand pair = Demands.mib(2, 10_240);
        PodDemand whole = Demands.pod().app(1, WHOLE).demand();
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 500; i++) {
            mix.observe(pair);
            mix.placed(pair, false);
            mix.observe(whole);
            mix.placed(whole, true);
            mix.observe(Demands.mib(10_240));
        }
        assertThat(popularity(mix, A100, "7g.80gb"))
                .as("where those are absent or full")
                .isCloseTo(0.5, within(0.05));
        assertThat(popularity(mix, A100, "1g.10gb")).as("of single devices").isCloseTo(0.5, within(0.05));
    }

    @Test
    void podsCountAsFarAsTheirLikeSpillOverToInstances() {
        PodDemand whole = Demands.pod().app(1, WHOLE).demand();
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 1000; i++) {
            mix.observe(whole);
            mix.placed(whole, i % 4 == 0);
            mix.observe(Demands.mib(10_240));
        }
        assertThat(popularity(mix, A100, "7g.80gb")).isCloseTo(0.2, within(0.03));
    }

    @Test
    void whereWholeGpusFillUpTheirRequestsComeToCount() {
        PodDemand whole = Demands.pod().app(1, WHOLE).demand();
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 1000; i++) {
            mix.observe(whole);
            mix.placed(whole, false);
        }
        double before = popularity(mix, A100, "7g.80gb");
        for (int i = 0; i < 2500; i++) {
            mix.observe(whole);
            mix.placed(whole, true);
        }
        assertThat(before).isLessThan(0.3);
        assertThat(popularity(mix, A100, "7g.80gb")).isGreaterThan(0.9);
    }

    @Test
    void podsThatTakeOneKindOfGpuOnlyCountForInstancesOrNotWhereverTheOthersGo() {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 200; i++) {
            mix.observe(whole("hami-core"));
            mix.observe(Demands.mib(40_960));
        }
        assertThat(popularity(mix, A100, "3g.40gb")).isGreaterThan(0.9);
        for (int i = 0; i < 200; i++) {
            mix.observe(whole("mig"));
            mix.observe(whole(""));
            mix.placed(whole(""), false);
        }
        assertThat(popularity(mix, A100, "7g.80gb")).isBetween(0.4, 0.6);
    }

    @Test
    void podsThatAcceptNoInstancesShowNothingOfWhereOthersGo() {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 500; i++) {
            mix.observe(whole(""));
            mix.placed(whole(""), true);
            mix.observe(whole("hami-core"));
            mix.placed(whole("hami-core"), false);
            mix.observe(Demands.mib(10_240));
        }
        assertThat(popularity(mix, A100, "7g.80gb")).isCloseTo(0.5, within(0.05));
    }
}
