package io.migpool.extender;

import io.migpool.config.EffectiveConfiguration;
import io.migpool.extender.api.ExtenderProtocol;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.observe.PoolMetrics;
import io.migpool.extender.observe.VerbMetrics;
import io.migpool.extender.reservation.Explainer;
import io.migpool.extender.reservation.PoolReport;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.Config;

/** Ties the extender to the life of the CDI container and provides its parts to the resources. */
@ApplicationScoped
public class ExtenderBeans {

    private static final System.Logger LOG = System.getLogger(ExtenderBeans.class.getName());
    private static final int BEFORE_THE_SERVER_LISTENS = 1;

    @Produces
    @Singleton
    Extender extender(Config config) {
        return Extender.start(config);
    }

    void close(@Disposes Extender extender) {
        extender.close();
    }

    /** Beans are created on first use; the watches must not wait for the first request. */
    void start(
            @Observes @Priority(BEFORE_THE_SERVER_LISTENS) @Initialized(ApplicationScoped.class) Object event,
            Extender extender) {
        LOG.log(Level.INFO, "the extender follows the cluster at {0}", extender.server());
    }

    @Produces
    @Singleton
    ExtenderProtocol protocol(Extender extender) {
        return extender.protocol();
    }

    @Produces
    @Singleton
    VerbMetrics verbMetrics(Extender extender) {
        return extender.verbMetrics();
    }

    @Produces
    @Singleton
    ClusterView cluster(Extender extender) {
        return extender.cluster();
    }

    @Produces
    @Singleton
    Explainer explainer(Extender extender) {
        return extender.explainer();
    }

    @Produces
    @Singleton
    PoolReport poolReport(Extender extender) {
        return extender.poolReport();
    }

    @Produces
    @Singleton
    PoolMetrics poolMetrics(Extender extender) {
        return extender.poolMetrics();
    }

    @Produces
    @Singleton
    Supplier<EffectiveConfiguration> configuration(Extender extender) {
        return extender::configuration;
    }
}
