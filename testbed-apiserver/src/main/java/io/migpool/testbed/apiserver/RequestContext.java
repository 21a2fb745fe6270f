package io.migpool.testbed.apiserver;

import java.util.ArrayList;
import java.util.List;

/** What accompanies one request through the verbs; used by the request's thread only. */
final class RequestContext {
    private final Caller caller;
    private final boolean dryRun;
    private final List<String> warnings = new ArrayList<>();

    RequestContext(Caller caller, boolean dryRun) {
        this.caller = caller;
        this.dryRun = dryRun;
    }

    Caller caller() {
        return caller;
    }

    boolean dryRun() {
        return dryRun;
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }
}
