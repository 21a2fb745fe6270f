package io.migpool.admission.observe;

import io.migpool.admission.tls.CertificateKeeper;
import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.PoolSettings;
import io.migpool.config.SettingsStatus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/**
 * Health checks. An invalid edit of a ConfigMap does not make the application unready while the last good settings are
 * in force.
 */
@ApplicationScoped
class HealthBeans {

    @Produces
    @Liveness
    @ApplicationScoped
    HealthCheck alive() {
        return () -> HealthCheckResponse.up("alive");
    }

    @Produces
    @Startup
    @ApplicationScoped
    HealthCheck started() {
        return () -> HealthCheckResponse.up("started");
    }

    @Produces
    @Readiness
    @ApplicationScoped
    HealthCheck certificate(CertificateKeeper certificate) {
        return () -> {
            Optional<Instant> notAfter = certificate.notAfter();
            var response = HealthCheckResponse.named("certificate").status(notAfter.isPresent());
            notAfter.ifPresent(end -> response.withData("notAfter", end.toString()));
            certificate.problem().ifPresent(problem -> response.withData("problem", problem));
            return response.build();
        };
    }

    @Produces
    @Readiness
    @ApplicationScoped
    HealthCheck settings(PoolSettings settings) {
        LiveSettings<DeviceSettings> devices = settings.devices();
        return () -> {
            SettingsStatus status = devices.status();
            var response = HealthCheckResponse.named("settings")
                    .status(devices.isKnown())
                    .withData("state", status.state().name());
            if (!status.isValid()) {
                response.withData("problem", status.message());
            }
            return response.build();
        };
    }
}
