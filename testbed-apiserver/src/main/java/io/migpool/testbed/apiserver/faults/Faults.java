package io.migpool.testbed.apiserver.faults;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * Makes the server misbehave on purpose. A fault is injected into requests that match it, before anything of the request is
 * done, until its count is used up or it is cleared.
 */
public final class Faults {
    private static final int RETRY_AFTER_SECONDS = 1;
    private static final int ENDLESS = Integer.MAX_VALUE;

    /** Guards armed and the counts in it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final List<Armed> armed = new ArrayList<>();
    private final ObjectStore store;
    private final RandomGenerator random;

    /** No faults yet; the random numbers decide on those that come with a probability. */
    public Faults(ObjectStore store, RandomGenerator random) {
        this.store = store;
        this.random = random;
    }

    /**
     * Which requests a fault hits.
     *
     * @param verb RBAC verb such as {@code patch}, {@code *} for any
     * @param resource resource such as {@code pods} or {@code pods/binding} (whichever way it is bound), {@code *} for any
     * @param user user name, {@code *} for any
     */
    public record Match(String verb, String resource, String user) {
        /** Requests of anybody. */
        public static Match of(String verb, String resource) {
            return new Match(verb, resource, "*");
        }

        private boolean hits(String requestVerb, String requestResource, String requestUser) {
            return covers(verb, requestVerb) && covers(resource, requestResource) && covers(user, requestUser);
        }

        private static boolean covers(String pattern, String value) {
            return pattern.equals("*") || pattern.equals(value);
        }
    }

    /** What happens to a request that is hit. */
    public sealed interface Effect {
        /** It is served after a while. */
        record Delay(Duration by) implements Effect {}

        /** It is refused with an HTTP status: 429, 500, 503 and so on. */
        record Refuse(int code) implements Effect {}

        /** It is refused as if somebody else had just changed the object: 409 Conflict. */
        record Conflict() implements Effect {}

        /** It is done, but the answer is lost: the client sees status 504 after the given time. */
        record LoseAnswer(Duration after) implements Effect {}
    }

    private static final class Armed {
        private final Match match;
        private final Effect effect;
        private final double probability;
        private int left;

        Armed(Match match, Effect effect, double probability, int left) {
            this.match = match;
            this.effect = effect;
            this.probability = probability;
            this.left = left;
        }

        /** Counts one use, unless the fault comes with a probability and without an end. */
        private boolean isUsedUp() {
            if (left != ENDLESS) {
                left--;
            }
            return left == 0;
        }
    }

    /** Injects the fault into the next {@code times} matching requests. */
    public void inject(Match match, Effect effect, int times) {
        if (times < 1) {
            throw new IllegalArgumentException("times is " + times + ", expected at least 1");
        }
        arm(new Armed(match, effect, 1.0, times));
    }

    /** Injects the fault into matching requests with a probability in (0, 1] until it is cleared. */
    public void injectWithProbability(Match match, Effect effect, double probability) {
        if (!(probability > 0 && probability <= 1)) {
            throw new IllegalArgumentException(
                    "probability is " + probability + ", expected more than 0 and at most 1");
        }
        arm(new Armed(match, effect, probability, ENDLESS));
    }

    /** Takes back all faults that are still to come. */
    public void clear() {
        lock.lock();
        try {
            armed.clear();
        } finally {
            lock.unlock();
        }
    }

    /** How many faults have not been used up, those without an end included. */
    public int pending() {
        lock.lock();
        try {
            return armed.size();
        } finally {
            lock.unlock();
        }
    }

    /** Ends every watch that is open now, as a restarting server or load balancer does. */
    public void dropWatches() {
        store.dropWatches();
    }

    /** Forgets the history of changes: a watch that resumes from before now gets {@code 410 Expired}. */
    public void forgetHistory() {
        store.compact();
    }

    private void arm(Armed fault) {
        lock.lock();
        try {
            armed.add(fault);
        } finally {
            lock.unlock();
        }
    }

    /** The effect that hits this request, which counts as used. */
    public Optional<Effect> hit(String verb, String resource, String user) {
        lock.lock();
        try {
            Optional<Armed> hit = armed.stream()
                    .filter(fault -> fault.match.hits(verb, resource, user))
                    .filter(fault -> fault.probability >= 1.0 || random.nextDouble() < fault.probability)
                    .findFirst();
            hit.filter(Armed::isUsedUp).ifPresent(armed::remove);
            return hit.map(fault -> fault.effect);
        } finally {
            lock.unlock();
        }
    }

    /** What a refused request is answered with. */
    public static ApiException refusal(int code) {
        return switch (code) {
            case 429 ->
                ApiException.of(
                                429,
                                "TooManyRequests",
                                "the server has received too many requests and has asked us to"
                                        + " try again later (injected fault)")
                        .retryAfter(RETRY_AFTER_SECONDS);
            case 503 ->
                ApiException.of(
                        503,
                        "ServiceUnavailable",
                        "the server is currently unable to handle the request (injected fault)");
            case 504 -> ApiException.of(504, "Timeout", "request did not complete within the time (injected fault)");
            default -> ApiException.of(code, code == 500 ? "InternalError" : "", "injected fault");
        };
    }
}
