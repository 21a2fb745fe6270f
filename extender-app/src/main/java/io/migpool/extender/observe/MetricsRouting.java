package io.migpool.extender.observe;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.Method;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.migpool.runtime.http.AnswerTime;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;

/**
 * Writes the pool's metrics before those of the registry when all are requested as text. Before them, because OpenMetrics
 * ends with an end-of-file marker. Limits how many clients read the large answers, and for how long anyone
 * on the socket, or on that of kubelet's probes, keeps an answer waiting.
 */
@ApplicationScoped
public class MetricsRouting {

    private static final int BEFORE_THE_SERVER_STARTS = 2;
    private static final String SOCKET = "admin";
    private static final String PROBES = "probes";
    private static final String METRICS = "/metrics";
    private static final String POOL = "/pool";

    /** Two Prometheus servers scrape at once where monitoring is doubled. */
    private static final Map<String, Integer> MOST_READERS = Map.of(METRICS, 2, POOL, 2);

    /** Prometheus waits 10 s for a scrape. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Longer than Prometheus waits; the answers are a few megabytes. */
    private static final Duration ANSWER_TIME = Duration.ofSeconds(15);

    /** Far more than dashboards and people have at a time. */
    private static final int MOST_REQUESTS = 64;

    void addPoolFigures(
            @Observes @Priority(BEFORE_THE_SERVER_STARTS) @Initialized(ApplicationScoped.class) Object event,
            ServerCdiExtension server,
            PoolMetrics metrics) {
        server.serverNamedRoutingBuilder(SOCKET)
                .addFilter(new AnswerLimit(MOST_READERS, PATIENCE))
                .addFilter(new AnswerTime(ANSWER_TIME, MOST_REQUESTS))
                .addFilter((chain, request, response) -> {
                    if (asksForAll(request)) {
                        response.streamFilter(out -> begun(out, response, metrics));
                    }
                    chain.proceed();
                });
        server.serverNamedRoutingBuilder(PROBES).addFilter(new AnswerTime(ANSWER_TIME, MOST_REQUESTS));
    }

    private static boolean asksForAll(RoutingRequest request) {
        return request.prologue().method().equals(Method.GET)
                && request.path().path().equals(METRICS)
                && request.query().isEmpty();
    }

    private static OutputStream begun(OutputStream out, RoutingResponse response, PoolMetrics metrics) {
        boolean json = response.headers()
                .contentType()
                .filter(type -> type.mediaType().equals(MediaTypes.APPLICATION_JSON))
                .isPresent();
        if (!json && response.status().code() == 200) {
            try {
                metrics.writeTo(out);
            } catch (IOException e) {
                throw new UncheckedIOException("the client that read the metrics disconnected", e);
            }
        }
        return out;
    }
}
