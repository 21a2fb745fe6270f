package io.migpool.admission;

import io.migpool.admission.cluster.PoolFacts;
import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.review.Pool;
import io.migpool.admission.review.ReviewPolicy;
import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.PoolSettings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/** Assembles the reviewer from the live settings of the pool and the application's own. */
@ApplicationScoped
class ReviewBeans {

    @Produces
    @Singleton
    PoolSettings settings(Config config) {
        return PoolSettings.open(config);
    }

    void close(@Disposes PoolSettings settings) {
        settings.close();
    }

    @Produces
    @Singleton
    AdmissionSettings own(Config config) {
        return AdmissionSettings.of(config);
    }

    @Produces
    @Singleton
    AdmissionReviewer reviewer(PoolSettings settings, PoolFacts facts, AdmissionSettings own) {
        LiveSettings<DeviceSettings> live = settings.devices();
        return new AdmissionReviewer(() -> {
            if (!live.isKnown()) {
                return Optional.empty();
            }
            DeviceSettings devices = live.current();
            return Optional.of(
                    policy(devices, facts.pool(devices, settings.nodes().current()), own));
        });
    }

    /** Returns the policy at this moment; the settings and the pool are both live. */
    private static ReviewPolicy policy(DeviceSettings devices, Pool pool, AdmissionSettings own) {
        return new ReviewPolicy(
                devices.resources(),
                devices.defaults(),
                own.schedulerName(),
                own.overwriteDefaultScheduler(),
                devices.overwriteEnv(),
                devices.runtimeClassName(),
                devices.gpuCorePolicy(),
                pool);
    }
}
