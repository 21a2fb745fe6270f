package io.migpool.testbed.apiserver.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.migpool.testbed.apiserver.access.Access;
import io.migpool.testbed.apiserver.access.Accounts;
import io.migpool.testbed.apiserver.faults.Faults;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.request.ApiRequest;
import io.migpool.testbed.apiserver.request.Caller;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import io.migpool.testbed.apiserver.verbs.WatchStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The HTTP edge: reads a request, passes it on, writes the answer. */
public final class ApiHandler implements Handler {
    private static final System.Logger LOG = System.getLogger(ApiHandler.class.getName());
    private static final int BODY_LIMIT_BYTES = 3 * 1024 * 1024;

    private final Accounts accounts;
    private final GuardedApi resources;
    private final AccessReview review;
    private final Metrics metrics;

    /**
     * @param accounts identifies callers
     * @param resources serves the permitted requests
     * @param access permissions
     * @param faults injected faults
     */
    public ApiHandler(Accounts accounts, ResourceApi resources, Access access, Faults faults) {
        this.accounts = accounts;
        this.resources = new GuardedApi(resources, access, faults);
        this.review = new AccessReview(access);
        this.metrics = new Metrics(access);
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Reply reply;
        try {
            reply = serve(read(request));
        } catch (ApiException e) {
            reply = failure(e, response);
        } catch (IOException e) {
            throw new UncheckedIOException("the request could not be read", e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, () -> "serving " + request.path().rawPath() + " failed", e);
            reply = failure(ApiException.internal(String.valueOf(e)), response);
        }
        write(reply, response);
    }

    private Reply serve(ApiRequest request) {
        // A client that prefers a WebSocket for its watch takes an empty 200 as a hint to use plain HTTP.
        if (request.header("upgrade").equalsIgnoreCase("websocket")) {
            return new Reply.Text("");
        }
        Optional<ResourceTarget> target = ResourceTarget.parse(request.segments());
        if (target.isPresent()) {
            return resources.serve(request, target.get());
        }
        if (AccessReview.isAt(request)) {
            return review.serve(request);
        }
        if (request.segments().equals(List.of("metrics"))) {
            return new Reply.Text(metrics.text());
        }
        return Discovery.serve(request.segments())
                .or(() -> OpenApi.serve(request.segments()))
                .orElseThrow(ApiException::unknownPath);
    }

    private ApiRequest read(ServerRequest request) throws IOException {
        Map<String, String> headers = new HashMap<>();
        request.headers()
                .forEach(header ->
                        headers.putIfAbsent(header.headerName().lowerCase().toLowerCase(Locale.ROOT), header.get()));
        Map<String, String> query = new HashMap<>();
        for (String name : request.query().names()) {
            query.put(
                    name,
                    request.query().all(name, List::of).stream().findFirst().orElse(""));
        }
        List<String> segments = Arrays.stream(request.path().rawPath().split("/"))
                .filter(segment -> !segment.isEmpty())
                .map(segment -> URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8))
                .toList();
        Caller caller =
                accounts.caller(headers.getOrDefault("authorization", ""), headers.getOrDefault("user-agent", ""));
        return new ApiRequest(
                request.prologue().method().text().toUpperCase(Locale.ROOT),
                segments,
                query,
                headers,
                body(request),
                caller);
    }

    private static String body(ServerRequest request) throws IOException {
        if (!request.content().hasEntity()) {
            return "";
        }
        try (InputStream in = request.content().inputStream()) {
            byte[] body = in.readNBytes(BODY_LIMIT_BYTES + 1);
            if (body.length > BODY_LIMIT_BYTES) {
                throw ApiException.of(
                        413, "RequestEntityTooLarge", "Request entity too large: limit is " + BODY_LIMIT_BYTES);
            }
            if (ProtobufBody.isProtobuf(body)) {
                return ProtobufBody.decode(body).toString();
            }
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    private static Reply failure(ApiException e, ServerResponse response) {
        if (e.retryAfterSeconds() > 0) {
            response.header(HeaderNames.RETRY_AFTER, Integer.toString(e.retryAfterSeconds()));
        }
        return new Reply.Body(e.code(), e.toStatus(), List.of());
    }

    private static void write(Reply reply, ServerResponse response) {
        switch (reply) {
            case Reply.Body(int code, var body, List<String> warnings) -> {
                for (String warning : warnings) {
                    response.headers().add(HeaderNames.create("Warning"), "299 - \"" + escaped(warning) + '"');
                }
                response.header(HeaderValues.CONTENT_TYPE_JSON);
                response.status(Status.create(code)).send(Json.bytes(body));
            }
            case Reply.Text(String text) -> {
                response.header(HeaderValues.CONTENT_TYPE_TEXT_PLAIN);
                response.send(text.getBytes(StandardCharsets.UTF_8));
            }
            case Reply.Watch(WatchStream stream) -> watch(stream, response);
        }
    }

    private static void watch(WatchStream stream, ServerResponse response) {
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        try (OutputStream out = response.outputStream()) {
            stream.writeTo(out);
        } catch (IOException | UncheckedIOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a watcher went away", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\s+", " ");
    }
}
