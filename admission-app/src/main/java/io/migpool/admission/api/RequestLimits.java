package io.migpool.admission.api;

import io.helidon.microprofile.server.ServerCdiExtension;
import io.migpool.runtime.http.AnswerTime;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;

/** Bounds how long clients hold requests on each socket, and how many they hold while others wait. */
@ApplicationScoped
class RequestLimits {

    private static final int BEFORE_THE_SERVER_STARTS = 2;

    /** As long as the API server waits for a review: a large body's waiting for its place, and its arrival. */
    private static final Duration REVIEW_TIME = Duration.ofSeconds(10);

    /** Below {@code server.max-concurrent-requests}, so that those that end early are gone when its limit counts. */
    private static final int MOST_REVIEWS = 192;

    private static final Duration ADMIN_TIME = Duration.ofSeconds(10);
    private static final int MOST_ADMIN_REQUESTS = 32;

    void limit(
            @Observes @Priority(BEFORE_THE_SERVER_STARTS) @Initialized(ApplicationScoped.class) Object event,
            ServerCdiExtension server) {
        server.serverRoutingBuilder().addFilter(new AnswerTime(REVIEW_TIME, MOST_REVIEWS));
        for (String socket : List.of("admin", "probes")) {
            server.serverNamedRoutingBuilder(socket).addFilter(new AnswerTime(ADMIN_TIME, MOST_ADMIN_REQUESTS));
        }
    }
}
