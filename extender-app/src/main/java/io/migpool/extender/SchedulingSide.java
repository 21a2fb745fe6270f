package io.migpool.extender;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.extender.api.ExtenderProtocol;
import io.migpool.extender.apiserver.ApiServerBindings;
import io.migpool.extender.apiserver.ApiServerWakeUps;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.LeaderCatchUp;
import io.migpool.extender.observe.ExtenderGauges;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.placement.SchedulingPolicies;
import io.migpool.extender.reservation.Binder;
import io.migpool.extender.reservation.Explainer;
import io.migpool.extender.reservation.Filter;
import io.migpool.extender.reservation.HoldBook;
import io.migpool.extender.reservation.PoolReport;
import io.migpool.extender.reservation.Preemption;
import io.migpool.extender.reservation.Prioritizer;
import io.migpool.extender.reservation.SchedulingContext;
import io.migpool.extender.reservation.WaitingPods;
import io.migpool.extender.reservation.WakeUps;
import io.migpool.runtime.Closing;
import io.migpool.runtime.time.Loop;
import java.time.Duration;
import java.time.InstantSource;

/** The scheduler's side of the extender: decides on pods, holds what it has promised, and binds. */
final class SchedulingSide {

    private static final Duration WRITE_REQUEST = Duration.ofSeconds(2);
    private static final Duration SETTLE_EVERY = Duration.ofSeconds(2);
    private static final Duration WAKE_EVERY = Duration.ofSeconds(1);

    private final SchedulingPolicies policies;
    private final Binder binder;
    private final WakeUps wakeUps;
    private final ExtenderProtocol protocol;
    private final Explainer explainer;
    private final PoolReport poolReport;

    /**
     * Makes no calls.
     *
     * @param wall for what other processes read
     * @param clock never goes back
     */
    SchedulingSide(
            ExtenderSettings own,
            KubernetesClient client,
            ClusterSide cluster,
            ReportingSide reporting,
            InstantSource wall,
            InstantSource clock) {
        ClusterState state = cluster.state();
        HoldBook book = new HoldBook(state);
        state.addListener(book);
        WaitingPods waiting = new WaitingPods();
        state.addListener(waiting);
        RequestMix mix = new RequestMix();
        state.addListener(new RequestObserver(mix, reporting.podEvents()));
        policies = new SchedulingPolicies(mix, own.policies());
        SchedulingContext context = new SchedulingContext(
                state, book, new Planner(policies), own.scheduling(), reporting.podEvents(), clock);
        binder = new Binder(context, new ApiServerBindings(client, WRITE_REQUEST), wall, Thread::sleep);
        Filter filter = new Filter(context, waiting);
        wakeUps = new WakeUps(context, waiting, filter, new ApiServerWakeUps(client, WRITE_REQUEST));
        protocol = new ExtenderProtocol(
                new LeaderCatchUp(
                        cluster.reads(),
                        state::podChanged,
                        own.silence(),
                        own.scheduling().bindRetry().plus(WRITE_REQUEST),
                        own.host(),
                        System::nanoTime,
                        wall),
                filter,
                new Prioritizer(book),
                binder,
                new Preemption(context, waiting, filter),
                reporting.verbMetrics(),
                reporting.verbTraces());
        explainer = new Explainer(context);
        poolReport = new PoolReport(state, book);
        ExtenderGauges.show(reporting.registry(), state, book, clock);
        ExtenderGauges.show(reporting.registry(), reporting.recorder(), waiting, filter);
    }

    /** Starts what is repeated in the background. */
    void start(Closing closing) {
        repeat("settling-bindings", SETTLE_EVERY, binder::settle, closing);
        repeat("waiting-pods", WAKE_EVERY, wakeUps::round, closing);
    }

    private static void repeat(String name, Duration pause, Runnable step, Closing closing) {
        Loop loop = Loop.of(name, pause, () -> {
            step.run();
            return Loop.Next.AFTER_PAUSE;
        });
        closing.start(loop, loop::start);
    }

    /** Takes over how pods without policies of their own are placed. */
    void putInForce(PolicyChoice clusterPolicy) {
        policies.setClusterPolicy(clusterPolicy);
    }

    ExtenderProtocol protocol() {
        return protocol;
    }

    Explainer explainer() {
        return explainer;
    }

    PoolReport poolReport() {
        return poolReport;
    }
}
