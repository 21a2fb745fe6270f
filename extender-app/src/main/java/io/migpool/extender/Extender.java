package io.migpool.extender;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.migpool.config.DeviceSettings;
import io.migpool.config.EffectiveConfiguration;
import io.migpool.config.LiveSettings;
import io.migpool.config.PoolSettings;
import io.migpool.extender.api.ExtenderProtocol;
import io.migpool.extender.cluster.ApiServerReads;
import io.migpool.extender.cluster.ApiServerSerialization;
import io.migpool.extender.cluster.ClusterInformers;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.LeaderCatchUp;
import io.migpool.extender.observe.ExtenderGauges;
import io.migpool.extender.observe.PodEvents;
import io.migpool.extender.observe.PoolMetrics;
import io.migpool.extender.observe.SettingsEvents;
import io.migpool.extender.observe.VerbMetrics;
import io.migpool.extender.observe.VerbTraces;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.placement.SchedulingPolicies;
import io.migpool.extender.reservation.ApiServerBindings;
import io.migpool.extender.reservation.ApiServerWakeUps;
import io.migpool.extender.reservation.Binder;
import io.migpool.extender.reservation.Explainer;
import io.migpool.extender.reservation.Filter;
import io.migpool.extender.reservation.HoldBook;
import io.migpool.extender.reservation.PoolReport;
import io.migpool.extender.reservation.Preemption;
import io.migpool.extender.reservation.Prioritizer;
import io.migpool.extender.reservation.WaitingPods;
import io.migpool.extender.reservation.WakeUps;
import io.migpool.runtime.Closing;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.kubernetes.ApiServerClient;
import io.migpool.runtime.time.Loop;
import io.migpool.runtime.time.SteadyClock;
import io.migpool.runtime.trace.PodTraces;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/** Assembles the parts. Nothing here waits for the API server. */
final class Extender implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Extender.class.getName());
    private static final Duration WRITE_REQUEST = Duration.ofSeconds(2);
    private static final Duration READ_REQUEST = Duration.ofSeconds(3);
    /** Clearly shorter than a request: only a request that never got a connection certainly did not reach the API server. */
    private static final Duration CONNECT = Duration.ofMillis(1500);

    private static final Duration SETTLE_EVERY = Duration.ofSeconds(2);
    private static final Duration WAKE_EVERY = Duration.ofSeconds(1);
    private static final Duration READ_AGAIN_EVERY = Duration.ofSeconds(2);

    private final Closing closing;
    private final KubernetesClient client;
    private final PoolSettings settings;
    private final ClusterState state;
    private final SchedulingPolicies policies;
    private final ApiServerReads reads;
    private final AtomicBoolean podsToReadAgain = new AtomicBoolean();
    private final Loop rereading = Loop.of("re-reading-pods", READ_AGAIN_EVERY, READ_AGAIN_EVERY, this::readPodsAgain);
    /** Null until settings are in force; written only while settings are put in force, which one thread does at a time. */
    private volatile @Nullable ClusterInformers informers;

    private final ExtenderProtocol protocol;
    private final Explainer explainer;
    private final PoolReport poolReport;
    private final PoolMetrics poolMetrics;

    /**
     * Starts the extender.
     *
     * @throws IllegalArgumentException with the setting, its value and what would be right
     */
    static Extender start(Config config) {
        Closing closing = new Closing();
        try {
            return new Extender(config, closing);
        } catch (RuntimeException | Error e) {
            closing.close();
            throw e;
        }
    }

    private Extender(Config config, Closing closing) {
        this.closing = closing;
        ExtenderSettings own = ExtenderSettings.from(config);
        settings = closing.add(PoolSettings.open(config));
        client = closing.add(ApiServerClient.of(config).open(CONNECT, new ApiServerSerialization()));
        LiveSettings<DeviceSettings> devices = settings.devices();
        state = new ClusterState();
        reads = new ApiServerReads(client, READ_REQUEST, own.lease(), Clock.systemUTC());
        state.onPolicies(this::podsAreToBeReadAgain);
        HoldBook book = new HoldBook(state);
        state.addListener(book);
        WaitingPods waiting = new WaitingPods();
        state.addListener(waiting);
        InstantSource wall = Clock.systemUTC();
        InstantSource clock = new SteadyClock(wall, System::nanoTime);
        PodTraces traces = closing.add(PodTraces.open(config, "migpool-extender"));
        EventRecorder recorder =
                closing.add(EventRecorder.start(client, "migpool.io/extender", own.instance(), wall, clock));
        PodEvents events = new PodEvents(recorder);
        RequestMix mix = new RequestMix();
        state.addListener(new RequestObserver(mix, events));
        policies = new SchedulingPolicies(mix, own.policies());
        Planner planner = new Planner(policies);
        Binder binder = new Binder(
                state,
                book,
                planner,
                own.scheduling(),
                events,
                new ApiServerBindings(client, WRITE_REQUEST),
                clock,
                wall,
                Thread::sleep);
        Filter filter = new Filter(state, book, planner, own.scheduling(), events, waiting, clock);
        WakeUps wakeUps = new WakeUps(waiting, filter, state, new ApiServerWakeUps(client, WRITE_REQUEST), clock);
        MeterRegistry registry = io.helidon.metrics.api.Metrics.globalRegistry().unwrap(MeterRegistry.class);
        SettingsEvents settingsEvents =
                closing.add(SettingsEvents.start(registry, recorder, devices, settings.nodes()));
        state.onUnsuitableSettings(settingsEvents::boardCannot);
        protocol = new ExtenderProtocol(
                new LeaderCatchUp(
                        reads,
                        state::podChanged,
                        own.silence(),
                        own.scheduling().bindRetry().plus(WRITE_REQUEST),
                        own.host(),
                        System::nanoTime,
                        wall),
                filter,
                new Prioritizer(book),
                binder,
                new Preemption(state, book, planner, own.scheduling(), clock),
                new VerbMetrics(registry),
                new VerbTraces(traces, wall));
        explainer = new Explainer(state, book, planner, own.scheduling(), clock);
        poolReport = new PoolReport(state, book);
        ExtenderGauges.show(registry, state, book, clock);
        ExtenderGauges.show(registry, recorder, waiting, filter);
        poolMetrics = new PoolMetrics(state, own.legacyMetrics());
        repeat(Loop.of("settling-bindings", SETTLE_EVERY, () -> {
            binder.settle();
            return Loop.Next.AFTER_PAUSE;
        }));
        repeat(rereading);
        repeat(Loop.of("waiting-pods", WAKE_EVERY, () -> {
            wakeUps.round();
            return Loop.Next.AFTER_PAUSE;
        }));
        closing.add(KnownSettings.follow(devices, this::putInForce));
    }

    /** Watching starts with the first settings: without the resource names no object can be interpreted. */
    private void putInForce(DeviceSettings changed) {
        policies.setClusterPolicy(changed.scheduling().policies());
        state.settingsChanged(changed);
        if (informers == null) {
            informers = closing.add(ClusterInformers.start(client, state));
        } else {
            podsAreToBeReadAgain();
        }
    }

    private void repeat(Loop loop) {
        closing.start(loop, loop::start);
    }

    private void podsAreToBeReadAgain() {
        podsToReadAgain.set(true);
        rereading.wake();
    }

    /** Pods' requests depend on settings and namespaces, and only the API server still has the complete specifications. */
    private Loop.Next readPodsAgain() {
        if (podsToReadAgain.getAndSet(false)) {
            reads.allPods(state::podChanged).ifPresent(failure -> {
                podsToReadAgain.set(true);
                LOG.log(Level.WARNING, "cannot re-read the pods under the new settings or policies yet: {0}", failure);
            });
        }
        return Loop.Next.AFTER_PAUSE;
    }

    ExtenderProtocol protocol() {
        return protocol;
    }

    ClusterView cluster() {
        return state;
    }

    Explainer explainer() {
        return explainer;
    }

    PoolReport poolReport() {
        return poolReport;
    }

    EffectiveConfiguration configuration() {
        return settings.effective();
    }

    PoolMetrics poolMetrics() {
        return poolMetrics;
    }

    /** Returns the API server's address as the client resolved it. */
    String server() {
        return client.getMasterUrl().toString();
    }

    /** Stops all threads and closes all connections. */
    @Override
    public void close() {
        closing.close();
    }
}
