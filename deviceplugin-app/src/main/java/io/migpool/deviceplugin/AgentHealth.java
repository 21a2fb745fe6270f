package io.migpool.deviceplugin;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/** Ready: kubelet has our slots and the cluster knows our GPUs. A machine without GPUs is as ready as any. */
@ApplicationScoped
class AgentHealth {

    private final AgentBean bean;

    @Inject
    AgentHealth(AgentBean bean) {
        this.bean = bean;
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> {
            Optional<NodeAgent> agent = bean.agent();
            boolean registered =
                    agent.map(running -> running.plugin().isRegistered()).orElse(false);
            boolean announced =
                    agent.map(running -> running.presence().isAnnounced()).orElse(false);
            return HealthCheckResponse.named("node-agent")
                    .status(registered && announced)
                    .withData("registeredWithKubelet", registered)
                    .withData("announcedOnNode", announced)
                    .withData(
                            "gpus",
                            agent.map(running -> running.presence().inventory().size())
                                    .orElse(0))
                    .build();
        };
    }

    @Produces
    @Startup
    HealthCheck started() {
        return () -> HealthCheckResponse.named("node-agent")
                .status(bean.agent().isPresent())
                .build();
    }

    /** Nothing the agent waits for would get better by killing it, except that it looks for GPUs only when it starts. */
    @Produces
    @Liveness
    HealthCheck live() {
        return () -> HealthCheckResponse.named("node-agent")
                .status(!bean.isOutdated())
                .withData("gpusAppeared", bean.isOutdated())
                .build();
    }
}
