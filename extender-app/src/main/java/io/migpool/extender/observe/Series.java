package io.migpool.extender.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All series of one figure, under HAMi's present name and, if wanted, its name before 2.9. Label values are given once, in
 * the order of the labels; an empty legacy label leaves the value out of the legacy series.
 */
final class Series {

    private static final String ZONE = "zone";
    private static final String HAMI_ZONE = "vGPU";

    private final List<String> labels;
    private final List<String> legacyLabels;
    private final MultiGauge gauge;
    private final @Nullable MultiGauge legacyGauge;
    private final Map<List<String>, Double> rows = new LinkedHashMap<>();

    private Series(List<String> labels, List<String> legacyLabels, MultiGauge gauge, @Nullable MultiGauge legacyGauge) {
        this.labels = labels;
        this.legacyLabels = legacyLabels;
        this.gauge = gauge;
        this.legacyGauge = legacyGauge;
    }

    /** Without a legacy name. */
    static Series of(MeterRegistry registry, String name, String description, List<String> labels) {
        return new Series(labels, List.of(), gauge(registry, name, description), null);
    }

    Series withLegacy(MeterRegistry registry, boolean wanted, String name, String description, List<String> names) {
        return wanted ? new Series(labels, names, gauge, gauge(registry, name, description)) : this;
    }

    private static MultiGauge gauge(MeterRegistry registry, String name, String description) {
        return MultiGauge.builder(name).description(description).register(registry);
    }

    /** Adds to the row with these label values. */
    void add(double value, Object... labelValues) {
        List<String> values = new ArrayList<>();
        for (Object labelValue : labelValues) {
            values.add(String.valueOf(labelValue));
        }
        rows.merge(values, value, Double::sum);
    }

    /** Shows the rows added since the last time, and no others. */
    void publish() {
        gauge.register(rows(labels), true);
        if (legacyGauge != null) {
            legacyGauge.register(rows(legacyLabels), true);
        }
        rows.clear();
    }

    private List<MultiGauge.Row<?>> rows(List<String> names) {
        Map<Tags, Double> sums = new LinkedHashMap<>();
        rows.forEach((values, value) -> sums.merge(tags(names, values), value, Double::sum));
        List<MultiGauge.Row<?>> result = new ArrayList<>();
        sums.forEach((tags, value) -> result.add(MultiGauge.Row.of(tags, value)));
        return result;
    }

    private static Tags tags(List<String> names, List<String> values) {
        Tags tags = Tags.of(ZONE, HAMI_ZONE);
        for (int i = 0; i < names.size(); i++) {
            if (!names.get(i).isEmpty()) {
                tags = tags.and(names.get(i), values.get(i));
            }
        }
        return tags;
    }
}
