package io.migpool.deviceplugin;

import io.helidon.microprofile.server.ServerCdiExtension;
import io.migpool.runtime.http.AnswerTime;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import java.time.Duration;

/** Bounds how long clients hold requests, and how many they hold while others wait. */
@ApplicationScoped
class RequestLimits {

    private static final int BEFORE_THE_SERVER_STARTS = 2;

    /** As long as Prometheus waits for a scrape. */
    private static final Duration ANSWER_TIME = Duration.ofSeconds(10);

    private static final int MOST_REQUESTS = 32;

    void limit(
            @Observes @Priority(BEFORE_THE_SERVER_STARTS) @Initialized(ApplicationScoped.class) Object event,
            ServerCdiExtension server) {
        server.serverRoutingBuilder().addFilter(new AnswerTime(ANSWER_TIME, MOST_REQUESTS));
        server.serverNamedRoutingBuilder("probes").addFilter(new AnswerTime(ANSWER_TIME, MOST_REQUESTS));
    }
}
