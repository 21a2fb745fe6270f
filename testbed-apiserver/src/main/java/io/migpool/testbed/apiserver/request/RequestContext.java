package io.migpool.testbed.apiserver.request;

import java.util.ArrayList;
import java.util.List;

/** What accompanies one request through the verbs; used by the request's thread only. */
public final class RequestContext {
    private final Caller caller;
    private final boolean dryRun;
    private final List<String> warnings = new ArrayList<>();

    /** A request of the caller, which stores nothing if it is a dry run. */
    public RequestContext(Caller caller, boolean dryRun) {
        this.caller = caller;
        this.dryRun = dryRun;
    }

    /** Who makes the request. */
    public Caller caller() {
        return caller;
    }

    /** Whether nothing is to be stored. */
    public boolean dryRun() {
        return dryRun;
    }

    /** Adds a text for the user. */
    public void warn(String warning) {
        warnings.add(warning);
    }

    /** The texts for the user so far. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }
}
