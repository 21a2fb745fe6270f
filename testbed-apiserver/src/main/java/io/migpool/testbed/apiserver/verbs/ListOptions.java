package io.migpool.testbed.apiserver.verbs;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.request.ApiRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of a list or watch, in combinations that the server accepts.
 *
 * @param version the resourceVersion, 0 for none
 * @param match how the version is meant, empty for the default
 * @param limit most objects on a page, 0 for all
 * @param continuation token of the page, empty for the first
 * @param initialEvents whether a watch begins with the objects that are there, null to let the version decide
 * @param bookmarks whether a watch sends bookmarks
 * @param timeout the longest that a watch lasts
 * @see <a
 *     href="https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go">ValidateListOptions</a>
 */
record ListOptions(
        long version,
        String match,
        int limit,
        String continuation,
        @Nullable Boolean initialEvents,
        boolean bookmarks,
        Duration timeout) {
    private static final Duration LONGEST_WATCH = Duration.ofMinutes(30);
    private static final String EXACT = "Exact";
    private static final String NOT_OLDER = "NotOlderThan";

    static ListOptions parse(ApiRequest request) {
        String initialEvents = request.query().getOrDefault("sendInitialEvents", "");
        long seconds = number(request, "timeoutSeconds");
        ListOptions options = new ListOptions(
                number(request, "resourceVersion"),
                request.query().getOrDefault("resourceVersionMatch", ""),
                (int) number(request, "limit"),
                request.query().getOrDefault("continue", ""),
                initialEvents.isEmpty() ? null : request.parameterIsTrue("sendInitialEvents"),
                request.parameterIsTrue("allowWatchBookmarks"),
                seconds > 0 ? Duration.ofSeconds(seconds) : LONGEST_WATCH);
        boolean versioned = !request.query().getOrDefault("resourceVersion", "").isEmpty();
        List<FieldError> errors =
                request.parameterIsTrue("watch") ? options.watchErrors() : options.listErrors(versioned);
        if (!errors.isEmpty()) {
            throw ApiException.invalidOptions("ListOptions", errors);
        }
        return options;
    }

    private List<FieldError> listErrors(boolean versioned) {
        if (versioned && version != 0 && !continuation.isEmpty()) {
            throw ApiException.badRequest("specifying resource version is not allowed when using continue");
        }
        List<FieldError> errors = new ArrayList<>();
        if (!match.isEmpty()) {
            if (!versioned) {
                errors.add(forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }
            requireNoContinuation(errors);
            if (!match.equals(EXACT) && !match.equals(NOT_OLDER)) {
                errors.add(FieldError.unsupported(
                        "resourceVersionMatch", match, "\"" + EXACT + "\", \"" + NOT_OLDER + "\", \"\""));
            }
            if (match.equals(EXACT) && versioned && version == 0) {
                errors.add(forbiddenMatch("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
            }
        }
        if (initialEvents != null) {
            errors.add(FieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
        return errors;
    }

    private List<FieldError> watchErrors() {
        List<FieldError> errors = new ArrayList<>();
        if (initialEvents != null && !match.equals(NOT_OLDER)) {
            errors.add(forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to " + NOT_OLDER));
        }
        if (!match.isEmpty()) {
            if (initialEvents == null) {
                errors.add(forbiddenMatch(
                        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
            }
            if (!match.equals(NOT_OLDER)) {
                errors.add(FieldError.unsupported("resourceVersionMatch", match, '"' + NOT_OLDER + '"'));
            }
            requireNoContinuation(errors);
        }
        return errors;
    }

    private void requireNoContinuation(List<FieldError> errors) {
        if (!continuation.isEmpty()) {
            errors.add(forbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
        }
    }

    private static FieldError forbiddenMatch(String why) {
        return FieldError.forbidden("resourceVersionMatch", why);
    }

    private static long number(ApiRequest request, String parameter) {
        String text = request.query().getOrDefault(parameter, "");
        try {
            return text.isEmpty() ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ApiException.badRequest(parameter + " is \"" + text + "\", which is not a whole number");
        }
    }

    /**
     * Requires a version that the store has reached, and of which it still has the state.
     *
     * @param revision the store's revision
     */
    void requireReached(long revision) {
        if (version > revision) {
            throw ApiException.of(
                            504,
                            "Timeout",
                            "Timeout: Too large resource version: " + version + ", current: " + revision)
                    .cause("ResourceVersionTooLarge", "Too large resource version")
                    .retryAfter(1);
        }
        if (match.equals(EXACT) && version != revision) {
            throw ApiException.notImplemented(
                    "lists of an earlier state (resourceVersionMatch=Exact) are not served by this API server double");
        }
    }

    /** Returns whether a watch begins with the objects that are there. */
    boolean beginsWithObjects() {
        return initialEvents == null ? version == 0 : initialEvents;
    }

    /** Returns whether a bookmark says where the objects that a watch begins with end. */
    boolean marksEndOfObjects() {
        return bookmarks && initialEvents != null && initialEvents;
    }
}
