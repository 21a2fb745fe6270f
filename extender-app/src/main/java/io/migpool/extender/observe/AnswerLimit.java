package io.migpool.extender.observe;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Limits how many clients read the answers that grow with the cluster: each takes memory that filter needs, until its client
 * has read it. Clients beyond these wait a while, and are then answered with 503.
 */
final class AnswerLimit implements Filter {

    private final Map<String, Semaphore> permits;
    private final Duration patience;

    /**
     * @param most clients at a time, by path
     * @param patience how long others wait
     */
    AnswerLimit(Map<String, Integer> most, Duration patience) {
        this.permits = most.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> new Semaphore(e.getValue(), true)));
        this.patience = patience;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Semaphore reading = permits.get(request.path().path());
        if (reading == null || !request.prologue().method().equals(Method.GET)) {
            chain.proceed();
        } else if (isFree(reading)) {
            try {
                chain.proceed();
            } finally {
                reading.release();
            }
        } else {
            response.status(Status.SERVICE_UNAVAILABLE_503);
            response.header("Content-Type", "application/json");
            response.send("{\"error\":\"others are reading this; try again in a moment\"}");
        }
    }

    private boolean isFree(Semaphore reading) {
        try {
            return reading.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
