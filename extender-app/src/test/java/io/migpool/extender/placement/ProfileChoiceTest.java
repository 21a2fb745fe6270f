package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.ReasonCode;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which profile serves a request (D3), under the operator's rules (D2). */
class ProfileChoiceTest {

    private static final Planner BY_DEFAULT = new Planner(new SchedulingPolicies(new RequestMix(), PolicyChoice.NONE));
    private static final MemoryRequest WHOLE = new MemoryRequest.WholeGpu();

    @ParameterizedTest
    @CsvSource({
        "8000, 1g.10gb",
        "10240, 1g.10gb",
        "10241, 1g.20gb",
        "20480, 1g.20gb",
        "20481, 3g.40gb",
        "40960, 3g.40gb",
        "40961, 7g.80gb",
        "81920, 7g.80gb"
    })
    void anAmountGetsTheSmallestProfileByItsNominalSize(long mebibytes, String profile) {
        assertThat(Pool.placedOne(Demands.mib(mebibytes), Pool.node(Boards.a10080("a", 0))))
                .startsWith("a " + profile + "@");
    }

    @ParameterizedTest
    @CsvSource({
        "4000,  a10040 1g.5gb",
        "5500,  a30 1g.6gb",
        "9000,  a10080 1g.10gb",
        "11000, a30 2g.12gb",
        "13000, a10080 1g.20gb",
        "21000, a30 4g.24gb",
        "50000, a10080 7g.80gb"
    })
    void amongBoardsTheSmallestProfileIsThatOfTheLeastMemory(long mebibytes, String expected) {
        GpuInventory[] boards = {
            Boards.a10080("a10080", 0), Boards.a30("a30", 1), Boards.a10040("a10040", 2),
        };
        PodDemand pod = Demands.mib(mebibytes);
        assertThat(Pool.placedOne(pod, Pool.node(boards))).startsWith(expected + "@");
        List<NodeView> nodes = Stream.of(boards)
                .map(gpu -> named("n-" + gpu.uuid(), Pool.node(gpu)))
                .toList();
        String node = "n-" + expected.substring(0, expected.indexOf(' '));
        for (Planner planner : List.of(Pool.PLANNER, BY_DEFAULT)) {
            assertThat(bestNode(planner, pod, nodes)).isEqualTo(node);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "16384, h200 1g.18gb",
        "17000, a10080 1g.20gb",
        "18432, a10080 1g.20gb",
        "9728,  a10080 1g.10gb",
        "10240, a10080 1g.10gb"
    })
    void anInstanceThatHasTheMemoryOnlyByItsNameComesAfterOneThatHasIt(long mebibytes, String expected) {
        GpuInventory[] boards = {Boards.a10080("a10080", 0), Boards.h200("h200", 1)};
        assertThat(Pool.placedOne(Demands.mib(mebibytes), Pool.node(boards))).startsWith(expected + "@");
        NodeView[] nodes = {named("a10080", Pool.node(boards[0])), named("h200", Pool.node(boards[1]))};
        assertThat(bestNode(BY_DEFAULT, Demands.mib(mebibytes), List.of(nodes)))
                .isEqualTo(expected.substring(0, expected.indexOf(' ')));
    }

    @Test
    void whatIsMissingIsToldAndWorthLessThanTwiceTheRoom() {
        NodeView node = Pool.node(Boards.h200("h200", 0));
        assertThat(Pool.placedOne(Demands.mib(18_000), node)).isEqualTo("h200 1g.18gb@6:1");
        assertThat(((PlanOutcome.Fits) Pool.PLANNER.plan(Demands.mib(18_000), node))
                        .plan()
                        .text())
                .isEqualTo("1g.18gb at 6:1 on h200 (16384 MiB)");
    }

    @ParameterizedTest
    @CsvSource({"14, 1g.18gb", "15, 1g.18gb", "16, 2g.35gb", "29, 2g.35gb", "43, 3g.71gb", "50, 4g.71gb", "59, 7g.141gb"
    })
    void fourSlicesAreHalfAGpuThoughTheyHaveLessThanHalfOfItsMultiprocessors(int cores, String profile) {
        PodDemand pod = Demands.pod().app(1, new MemoryRequest.MiB(8000), cores).demand();
        assertThat(Pool.placedOne(pod, Pool.node(Boards.h200("a", 0)))).startsWith("a " + profile + "@");
        PodDemand half =
                Demands.pod().app(1, new MemoryRequest.Percentage(50), 50).demand();
        assertThat(Pool.placedOne(half, Pool.node(Boards.h200("a", 0)))).startsWith("a 4g.71gb@");
    }

    @Test
    void whatIsAskedAsPartOfAGpuIsEquallyLargeOnEveryBoard() {
        NodeView small = named("a", Pool.node(Boards.a30("small", 0)));
        NodeView large = named("b", Pool.with(Pool.node(Boards.a10080("large", 0)), "large", "3g.40gb", 4, 4));
        for (Planner planner : List.of(Pool.PLANNER, BY_DEFAULT)) {
            assertThat(bestNode(planner, Demands.percent(50), List.of(small, large)))
                    .as("the fuller one")
                    .isEqualTo("b");
        }
    }

    private static NodeView named(String name, NodeView node) {
        return Boards.node(name, node.gpus(), null);
    }

    private static String bestNode(Planner planner, PodDemand pod, List<NodeView> nodes) {
        return planner.rank(pod, nodes).best(1).getFirst().node();
    }

    @ParameterizedTest
    @CsvSource({"12, 1g.10gb", "13, 1g.20gb", "25, 1g.20gb", "50, 3g.40gb", "51, 7g.80gb", "100, 7g.80gb"})
    void aPercentageCountsMemorySlices(int percent, String profile) {
        assertThat(Pool.placedOne(Demands.percent(percent), Pool.node(Boards.a10080("a", 0))))
                .startsWith("a " + profile + "@");
    }

    @ParameterizedTest
    @CsvSource({"0, 1g.10gb", "15, 1g.10gb", "16, 2g.20gb", "30, 3g.40gb", "50, 4g.40gb", "100, 7g.80gb"})
    void coresNarrowTheChoice(int cores, String profile) {
        PodDemand pod = Demands.pod().app(1, new MemoryRequest.MiB(8000), cores).demand();
        assertThat(Pool.placedOne(pod, Pool.node(Boards.a10080("a", 0)))).startsWith("a " + profile + "@");
    }

    @Test
    void aDefaultOfComputeLimitsWhoSharesAGpuAndMakesNoInstanceLarger() {
        PodDemand silent =
                Demands.pod().silentApp(1, new MemoryRequest.MiB(8000), 20).demand();
        assertThat(Pool.placedOne(silent, Pool.node(Boards.a10080("a", 0)))).startsWith("a 1g.10gb@");
        assertThat(Pool.placedOne(silent, Pool.node(Boards.shared("a", 0, 2, 81_920))))
                .isEqualTo("a 8000/20");
    }

    @ParameterizedTest
    @CsvSource({"40, 3g.20gb@4:4", "44, 4g.20gb@0:4"})
    void aProfileOfEqualSizeWithMoreComputeIsTakenWhenComputeIsAskedFor(int cores, String expected) {
        PodDemand pod =
                Demands.pod().app(1, new MemoryRequest.MiB(20000), cores).demand();
        assertThat(Pool.placedOne(pod, Pool.node(Boards.a10040("a", 0)))).isEqualTo("a " + expected);
    }

    @Test
    void nothingSaidMeansTheFullSizeProfile() {
        PodDemand whole = Demands.pod().app(1, WHOLE).demand();
        assertThat(Pool.placedOne(whole, Pool.node(Boards.a10080("a", 0)))).isEqualTo("a 7g.80gb@0:8");
        assertThat(Pool.placedOne(whole, Pool.node(Boards.a30("a", 0)))).isEqualTo("a 4g.24gb@0:4");
        assertThat(Pool.placedOne(whole, Pool.node(Boards.rtxPro("a", 0)))).isEqualTo("a 4g.96gb@0:12");
    }

    @Test
    void aWholeGpuIsRefusedWithTheRemedyWhereConfigurationOmitsTheFullSizeProfile() {
        MigRules rules = new MigRules(List.of(), Set.of(MigProfile.parse("1g.10gb"), MigProfile.parse("3g.40gb")));
        assertThat(Pool.refused(Demands.pod().app(1, WHOLE).demand(), Pool.node(rules, Boards.a10080("a", 0)))
                        .text())
                .isEqualTo(
                        "asks for a whole GPU, but configuration allows no full-size MIG profile: ask for memory or allow it");
    }

    @Test
    void anAllowListRestricts() {
        MigRules rules = new MigRules(List.of(), Set.of(MigProfile.parse("2g.20gb"), MigProfile.parse("7g.79gb")));
        NodeView node = Pool.node(rules, Boards.a10080("a", 0));
        assertThat(Pool.placedOne(Demands.mib(8000), node)).isEqualTo("a 2g.20gb@0:2");
        assertThat(Pool.placedOne(Demands.mib(30000), node)).isEqualTo("a 7g.80gb@0:8");
    }

    @Test
    void aProfileWithAttributesIsTakenOnlyIfNoPlainOneServes() {
        NodeView full = Pool.node(Boards.a10080("a", 0));
        for (int start = 0; start < 7; start++) {
            full = Pool.with(full, "a", "1g.10gb", start, 1);
        }
        assertThat(Pool.refused(Demands.mib(8000), full).code()).isEqualTo(ReasonCode.NO_SLICE);

        MigRules onlyMe = new MigRules(List.of(), Set.of(MigProfile.parse("1g.10gb+me")));
        NodeView node = Pool.node(onlyMe, Boards.a10080("a", 0));
        assertThat(Pool.placedOne(Demands.mib(8000), node)).isEqualTo("a 1g.10gb+me@6:1");
        assertThat(Pool.refused(Demands.mib(8000), Pool.after(Demands.mib(8000), node))
                        .code())
                .as("media engines exist once")
                .isEqualTo(ReasonCode.NO_SLICE);
    }

    @Test
    void aSmallProfileWithAttributesIsTakenRatherThanAPlainOneManyTimesItsSize() {
        MigRules graphics =
                new MigRules(List.of(), Set.of(MigProfile.parse("1g.24gb+gfx"), MigProfile.parse("4g.96gb")));
        assertThat(Pool.placedOne(Demands.mib(20_000), Pool.node(graphics, Boards.rtxPro("a", 0))))
                .isEqualTo("a 1g.24gb+gfx@9:3");
    }

    @Test
    void geometriesAreTriedInListedOrderAndRunningInstancesStay() {
        MigRules rules = Pool.geometries(
                Pool.geometry("1g.10gb", 7),
                Pool.geometry("1g.10gb", 1, "2g.20gb", 3),
                Pool.geometry("3g.40gb", 2),
                Pool.geometry("7g.79gb", 1));
        NodeView node = Pool.node(rules, Boards.a10080("a", 0));
        assertThat(Pool.placedOne(Demands.mib(8000), node)).isEqualTo("a 1g.10gb@6:1");

        NodeView oneSmall = Pool.after(Demands.mib(8000), node);
        assertThat(Pool.placedOne(Demands.mib(15000), oneSmall))
                .as("one running 1g fits the second geometry too")
                .isEqualTo("a 2g.20gb@0:2");

        NodeView mixed = Pool.after(Demands.mib(15000), oneSmall);
        assertThat(Pool.placedOne(Demands.mib(8000), mixed))
                .as("the second geometry has one 1g only, so the next larger one is given")
                .isEqualTo("a 2g.20gb@2:2");
        assertThat(Pool.refused(Demands.mib(30000), mixed).text())
                .isEqualTo("no MIG geometry has room for 30000 MiB (3g.40gb) alongside the running instances");
    }

    @Test
    void anIdleInstanceOfTheProfileIsTakenRatherThanCuttingAnother() {
        NodeView node = Pool.node(Boards.a10080("a", 0), Boards.idle(Boards.a10080("b", 1), "1g.10gb", 2, 1));
        assertThat(Pool.placedOne(Demands.mib(8000), node)).isEqualTo("b 1g.10gb@2:1");
    }

    @Test
    void blockedUnitsAreNeverUsed() {
        NodeView node = Pool.node(Boards.blocked(Boards.a10080("a", 0), new Placement(4, 4)));
        assertThat(Pool.placedOne(Demands.mib(30000), node)).isEqualTo("a 3g.40gb@0:4");
        assertThat(Pool.refused(Demands.mib(50000), node).code()).isEqualTo(ReasonCode.NO_SLICE);
    }

    @Test
    void freeButScatteredIsDistinguishedFromFull() {
        NodeView node =
                Pool.with(Pool.with(Pool.node(Boards.a10080("a", 0)), "a", "1g.10gb", 0, 1), "a", "1g.10gb", 5, 1);
        assertThat(Pool.refused(Demands.mib(30000), node).text())
                .isEqualTo("free MIG slices are not contiguous for 30000 MiB (3g.40gb)");
    }

    @Test
    void moreThanAnyGpuHasIsSaidSo() {
        assertThat(Pool.refused(Demands.mib(200000), Pool.node(Boards.a10040("a", 0), Boards.a10080("b", 1)))
                        .text())
                .isEqualTo("asks for 200000 MiB, but the largest GPU has 81920 MiB");
    }

    @Test
    void boardsWithTwelveUnitsAreCutInThrees() {
        NodeView node = Pool.node(Boards.rtxPro("a", 0));
        assertThat(Pool.placedOne(Demands.mib(20000), node)).isEqualTo("a 1g.24gb@9:3");
        assertThat(Pool.placedOne(Demands.percent(50), node)).isEqualTo("a 2g.48gb@0:6");
    }

    @Test
    void constraintsOfThePodAreKept() {
        NodeView node = Pool.node(Boards.a10080("a", 0), Boards.shared("b", 1, 10, 81920));
        assertThat(constrained(node, Annotations.VGPU_MODE, "mig")).startsWith("a ");
        assertThat(constrained(node, Annotations.VGPU_MODE, "hami-core")).startsWith("b ");
        assertThat(constrained(node, Annotations.USE_GPU_UUID, " b ,")).startsWith("b ");
        assertThat(constrained(node, Annotations.NO_USE_GPU_UUID, "a")).startsWith("b ");
        assertThat(constrained(node, Annotations.USE_GPU_TYPE, "a100,")).startsWith("a ");
        assertThat(refusedBy(node, Annotations.NO_USE_GPU_TYPE, "V100,a100").code())
                .isEqualTo(ReasonCode.TYPE);
        assertThat(refusedBy(node, Annotations.USE_GPU_TYPE, "V100,").code()).isEqualTo(ReasonCode.TYPE);
        assertThat(refusedBy(Pool.node(Boards.shared("b", 1, 10, 81920)), Annotations.VGPU_MODE, "mig")
                        .text())
                .isEqualTo("GPU mode is hami-core, pod wants mig");
    }

    private static PodDemand demand(String key, String value) {
        return Demands.pod()
                .app(1, new MemoryRequest.MiB(8000))
                .demand(PodConstraints.fromAnnotations(Pool.constraint(key, value)));
    }

    private static String constrained(NodeView node, String key, String value) {
        return Pool.placedOne(demand(key, value), node);
    }

    private static Reason refusedBy(NodeView node, String key, String value) {
        return Pool.refused(demand(key, value), node);
    }
}
