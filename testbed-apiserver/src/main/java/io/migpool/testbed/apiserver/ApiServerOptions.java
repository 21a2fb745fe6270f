package io.migpool.testbed.apiserver;

import io.migpool.testbed.apiserver.admission.ServiceResolver;
import java.time.Clock;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * How to start an {@link ApiServer}.
 *
 * @param port TCP port on 127.0.0.1, 0 for a free one
 * @param clock source of timestamps
 * @param random source of uids and name suffixes
 * @param services endpoints of Services that webhooks name; unknown ones are resolved from the Service itself
 * @param historyLimit number of changes remembered for each resource; a watch that resumes from an older one gets
 *     {@code 410 Expired}
 * @param administratorToken bearer token of the administrator; if empty, callers without a token are the administrator
 */
public record ApiServerOptions(
        int port,
        Clock clock,
        RandomGenerator random,
        ServiceResolver services,
        int historyLimit,
        String administratorToken) {
    private static final int HIGHEST_PORT = 65_535;
    private static final int HISTORY_LIMIT = 4_096;

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException if the port or the history limit is out of range
     */
    public ApiServerOptions {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new IllegalArgumentException("port is " + port + ", expected 0 (any free one) to " + HIGHEST_PORT);
        }
        if (historyLimit < 1) {
            throw new IllegalArgumentException("historyLimit is " + historyLimit + ", expected at least 1");
        }
    }

    /** Returns the defaults: a free port, the system's clock, random ids, no Services. */
    public static ApiServerOptions defaults() {
        return new ApiServerOptions(0, Clock.systemUTC(), new Random(), ServiceResolver.none(), HISTORY_LIMIT, "");
    }

    /** Returns these options with another port, 0 for a free one. */
    public ApiServerOptions withPort(int port) {
        return new ApiServerOptions(port, clock, random, services, historyLimit, administratorToken);
    }

    /** Returns these options with another clock. */
    public ApiServerOptions withClock(Clock clock) {
        return new ApiServerOptions(port, clock, random, services, historyLimit, administratorToken);
    }

    /** Returns these options with endpoints of Services. */
    public ApiServerOptions withServices(ServiceResolver services) {
        return new ApiServerOptions(port, clock, random, services, historyLimit, administratorToken);
    }

    /** Returns these options with another number of remembered changes per resource. */
    public ApiServerOptions withHistoryLimit(int historyLimit) {
        return new ApiServerOptions(port, clock, random, services, historyLimit, administratorToken);
    }

    /** Returns these options with a token for the administrator; callers without a token are then anonymous. */
    public ApiServerOptions withAdministratorToken(String administratorToken) {
        return new ApiServerOptions(port, clock, random, services, historyLimit, administratorToken);
    }
}
