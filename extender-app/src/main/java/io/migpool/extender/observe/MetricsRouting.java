package io.migpool.extender.observe;

import io.helidon.microprofile.server.ServerCdiExtension;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;

/** Brings the pool's figures up to date right before a scrape, so that nothing is computed while nobody looks. */
@ApplicationScoped
public class MetricsRouting {

    private static final int BEFORE_THE_SERVER_STARTS = 2;
    private static final String SOCKET = "admin";
    private static final String METRICS = "/metrics";

    void refreshBeforeScrape(
            @Observes @Priority(BEFORE_THE_SERVER_STARTS) @Initialized(ApplicationScoped.class) Object event,
            ServerCdiExtension server,
            PoolMetrics metrics) {
        server.serverNamedRoutingBuilder(SOCKET).addFilter((chain, request, response) -> {
            if (request.path().path().startsWith(METRICS)) {
                metrics.refresh();
            }
            chain.proceed();
        });
    }
}
