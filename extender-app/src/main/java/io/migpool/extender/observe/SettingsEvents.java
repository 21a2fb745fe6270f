package io.migpool.extender.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.migpool.config.LiveSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import io.migpool.config.source.ConfigMapRef;
import io.migpool.runtime.event.EventNotice;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.event.EventSeverity;
import io.migpool.runtime.event.EventSubject;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes Events on the ConfigMap when an edit is not in force, or when a board of this cluster cannot do it. As long as an
 * edit is not in force, the Event is repeated, because the API server keeps Events for an hour. Done by the extender,
 * because it is the one application that sees the whole cluster.
 */
public final class SettingsEvents implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(SettingsEvents.class.getName());

    private static final Duration REMIND_EVERY = Duration.ofMinutes(30);

    private final EventRecorder recorder;
    private final LiveSettings<?> devices;
    private final LiveSettings<?> nodes;
    private final Loop reminders;
    private final List<Subscription> subscriptions = new ArrayList<>();

    private SettingsEvents(
            EventRecorder recorder, LiveSettings<?> devices, LiveSettings<?> nodes, Duration remindEvery) {
        this.recorder = recorder;
        this.devices = devices;
        this.nodes = nodes;
        this.reminders = Loop.of("settings-events", remindEvery, this::remind);
    }

    /**
     * Starts reporting, beginning with the present settings.
     *
     * @param devices settings of the cluster
     * @param nodes settings of single nodes
     */
    public static SettingsEvents start(
            MeterRegistry registry, EventRecorder recorder, LiveSettings<?> devices, LiveSettings<?> nodes) {
        return start(registry, recorder, devices, nodes, REMIND_EVERY);
    }

    static SettingsEvents start(
            MeterRegistry registry,
            EventRecorder recorder,
            LiveSettings<?> devices,
            LiveSettings<?> nodes,
            Duration remindEvery) {
        SettingsEvents events = new SettingsEvents(recorder, devices, nodes, remindEvery);
        events.follow(registry, "device-config", devices, events::reportDevices);
        events.follow(registry, "node-config", nodes, events::reportNodes);
        events.reminders.start();
        return events;
    }

    private void follow(MeterRegistry registry, String document, LiveSettings<?> settings, Runnable report) {
        Gauge.builder("migpool_config_valid", settings, s -> s.status().isValid() ? 1 : 0)
                .tag("document", document)
                .description("Whether the latest version of the document is in force")
                .register(registry);
        subscriptions.add(settings.onStatus(_ -> report.run()));
    }

    private Loop.Next remind() {
        reportDevices();
        reportNodes();
        return Loop.Next.AFTER_PAUSE;
    }

    private void reportDevices() {
        report(devices, "no version has been valid since the start, so nothing is decided until it is corrected: ");
    }

    private void reportNodes() {
        report(nodes, "node agents keep the last valid settings; one that starts now waits for valid ones: ");
    }

    private void report(LiveSettings<?> settings, String neverValid) {
        SettingsStatus status = settings.status();
        if (!status.isValid()) {
            String instead = settings.isKnown() ? "the last valid settings stay in force: " : neverValid;
            tell(status, "SettingsInvalid", instead + status.message());
        } else if (!status.warnings().isEmpty()) {
            tell(status, "SettingsDoubtful", String.join("; ", status.warnings()));
        }
    }

    /** Reports that a board of the cluster cannot do what the settings say about it; does not block. */
    public void boardCannot(List<String> problems) {
        problems.forEach(problem -> LOG.log(Level.WARNING, problem));
        tell(devices.status(), "SettingsUnsuitable", String.join("; ", problems));
    }

    private void tell(SettingsStatus status, String reason, String words) {
        status.document()
                .ifPresent(document -> recorder.post(
                        new EventNotice(subject(document), EventSeverity.WARNING, reason, "Configuring", words)));
    }

    private static EventSubject subject(ConfigMapRef document) {
        return new EventSubject("ConfigMap", document.namespace(), document.name(), document.uid());
    }

    @Override
    public void close() {
        reminders.close();
        subscriptions.forEach(Subscription::close);
    }
}
