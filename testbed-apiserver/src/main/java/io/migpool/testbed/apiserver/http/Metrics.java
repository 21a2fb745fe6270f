package io.migpool.testbed.apiserver.http;

import io.migpool.testbed.apiserver.access.Access;
import io.migpool.testbed.apiserver.access.RequestRecord;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** {@code /metrics}: the requests so far, in Prometheus text format, under the name that kube-apiserver uses. */
final class Metrics {
    private final Access access;

    Metrics(Access access) {
        this.access = access;
    }

    String text() {
        Map<String, Long> series = new TreeMap<>();
        access.requests()
                .forEach((request, count) -> series.merge(
                        "group=\"%s\",resource=\"%s\",subresource=\"%s\",verb=\"%s\""
                                .formatted(
                                        request.group(),
                                        resource(request),
                                        request.resource()
                                                .substring(resource(request).length())
                                                .replaceFirst("/", ""),
                                        request.verb().toUpperCase(Locale.ROOT)),
                        count,
                        Long::sum));
        StringBuilder text = new StringBuilder("""
            # HELP apiserver_request_total Requests for resources, refused ones too.
            # TYPE apiserver_request_total counter
            """);
        series.forEach((labels, count) -> text.append("apiserver_request_total{%s} %d\n".formatted(labels, count)));
        return text.toString();
    }

    private static String resource(RequestRecord request) {
        return request.resource().replaceFirst("/.*", "");
    }
}
