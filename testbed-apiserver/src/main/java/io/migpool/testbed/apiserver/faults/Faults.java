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
 * Makes the server misbehave on purpose. A fault is injected into matching requests, before they have any effect, until
 * its count is used up or it is cleared.
 */
public final class Faults {
    private static final int RETRY_AFTER_SECONDS = 1;
    private static final int ENDLESS = Integer.MAX_VALUE;

    /** Guards armed and the counts in it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final List<Armed> armed = new ArrayList<>();
    private final ObjectStore store;
    private final RandomGenerator random;

    /** Creates an empty set of faults; the random numbers decide on those with a probability. */
    public Faults(ObjectStore store, RandomGenerator random) {
        this.store = store;
        this.random = random;
    }

    /**
     * The requests that a fault hits.
     *
     * @param verb RBAC verb such as {@code patch}, {@code *} for any
     * @param resource resource such as {@code pods} or {@code pods/binding} (whichever endpoint is used), {@code *} for
     *     any
     * @param user user name, {@code *} for any
     */
    public record Match(String verb, String resource, String user) {
        /** Returns a match for requests of any user. */
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
        /** The request is delayed. */
        record Delay(Duration by) implements Effect {}

        /** The request is refused with an HTTP status: 429, 500, 503 and so on. */
        record Refuse(int code) implements Effect {}

        /** The request is refused as if another client had just changed the object: 409 Conflict. */
        record Conflict() implements Effect {}

        /** The request is carried out, but the answer is lost: the client gets status 504 after the given time. */
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

        /** Counts one use, unless the fault has a probability instead of a count; returns whether none is left. */
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

    /** Removes all pending faults. */
    public void clear() {
        lock.lock();
        try {
            armed.clear();
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many faults are not used up, including those without a count. */
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

    /** Holds back all events of watches until {@link #resumeWatches}, as a server does that cannot keep up; lists are current. */
    public void stallWatches() {
        store.stallWatches();
    }

    /** Sends the events that were held back; a watch whose next event has been forgotten gets {@code 410 Expired}. */
    public void resumeWatches() {
        store.resumeWatches();
    }

    /** Forgets all changes so far: a watch that resumes from an earlier revision gets {@code 410 Expired}. */
    public void forgetHistory() {
        forgetHistoryBefore(store.revision() + 1);
    }

    /** Forgets the changes before a revision, as a compaction at that revision does. */
    public void forgetHistoryBefore(long revision) {
        store.compact(revision);
    }

    private void arm(Armed fault) {
        lock.lock();
        try {
            armed.add(fault);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the effect for this request, if any, and counts it as used. */
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

    /** Returns the answer to a refused request. */
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
