package io.migpool.extender;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.config.DeviceSettings;
import io.migpool.config.EffectiveConfiguration;
import io.migpool.config.LiveSettings;
import io.migpool.config.PoolSettings;
import io.migpool.extender.api.ExtenderProtocol;
import io.migpool.extender.apiserver.ApiServerSerialization;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.observe.PoolMetrics;
import io.migpool.extender.observe.SettingsEvents;
import io.migpool.extender.observe.VerbMetrics;
import io.migpool.extender.reservation.Explainer;
import io.migpool.extender.reservation.PoolReport;
import io.migpool.runtime.Closing;
import io.migpool.runtime.kubernetes.ApiServerClient;
import io.migpool.runtime.time.SteadyClock;
import java.time.Duration;
import java.time.InstantSource;
import org.eclipse.microprofile.config.Config;

/** The extender assembled from its sides towards the cluster, the scheduler and observers. Nothing here waits for the API server. */
final class Extender implements AutoCloseable {

    /** Clearly shorter than a request: only a request that never got a connection certainly did not reach the API server. */
    private static final Duration CONNECT = Duration.ofMillis(1500);

    private final Closing closing;
    private final KubernetesClient client;
    private final PoolSettings settings;
    private final ClusterSide cluster;
    private final ReportingSide reporting;
    private final SchedulingSide scheduling;
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
        InstantSource wall = InstantSource.system();
        InstantSource clock = new SteadyClock(wall, System::nanoTime);
        settings = closing.add(PoolSettings.open(config));
        client = closing.add(ApiServerClient.of(config).open(CONNECT, new ApiServerSerialization()));
        cluster = new ClusterSide(client, own.lease(), wall, closing);
        reporting = new ReportingSide(config, client, own.instance(), wall, clock, closing);
        scheduling = new SchedulingSide(own, client, cluster, reporting, wall, clock);
        poolMetrics = new PoolMetrics(cluster.state(), own.legacyMetrics());
        LiveSettings<DeviceSettings> devices = settings.devices();
        SettingsEvents settingsEvents = closing.add(
                SettingsEvents.start(reporting.registry(), reporting.recorder(), devices, settings.nodes()));
        cluster.state().onUnsuitableSettings(settingsEvents::boardCannot);
        cluster.start();
        scheduling.start(closing);
        closing.add(KnownSettings.follow(devices, this::putInForce));
    }

    private void putInForce(DeviceSettings changed) {
        scheduling.putInForce(changed.scheduling().policies());
        cluster.putInForce(changed);
    }

    ExtenderProtocol protocol() {
        return scheduling.protocol();
    }

    VerbMetrics verbMetrics() {
        return reporting.verbMetrics();
    }

    ClusterView cluster() {
        return cluster.state();
    }

    Explainer explainer() {
        return scheduling.explainer();
    }

    PoolReport poolReport() {
        return scheduling.poolReport();
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
