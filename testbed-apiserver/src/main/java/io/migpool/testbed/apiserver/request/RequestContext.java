package io.migpool.testbed.apiserver.request;

import java.util.ArrayList;
import java.util.List;

/** State that accompanies one request; used by the request's thread only. */
public final class RequestContext {
    private final Caller caller;
    private final boolean dryRun;
    private final List<String> warnings = new ArrayList<>();

    /** Creates the context of a caller's request, which stores nothing if it is a dry run. */
    public RequestContext(Caller caller, boolean dryRun) {
        this.caller = caller;
        this.dryRun = dryRun;
    }

    /** Returns a new context of the same caller, for a dry run. */
    public RequestContext asDryRun() {
        return new RequestContext(caller, true);
    }

    /** Returns the caller. */
    public Caller caller() {
        return caller;
    }

    /** Returns whether nothing is to be stored. */
    public boolean dryRun() {
        return dryRun;
    }

    /** Adds a warning for the user. */
    public void warn(String warning) {
        warnings.add(warning);
    }

    /** Returns the warnings so far. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }
}
