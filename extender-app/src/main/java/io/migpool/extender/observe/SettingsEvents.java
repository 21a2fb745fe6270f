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
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes Events on the ConfigMap when an edit is not in force, or when a board of this cluster cannot do it. Done by the
 * extender, because it is the one application that sees the whole cluster and runs once.
 */
public final class SettingsEvents implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(SettingsEvents.class.getName());

    private final EventRecorder recorder;
    private final LiveSettings<?> devices;
    private final List<Subscription> subscriptions = new ArrayList<>();

    /**
     * @param devices settings of the cluster
     * @param nodes settings of single nodes
     */
    public SettingsEvents(
            MeterRegistry registry, EventRecorder recorder, LiveSettings<?> devices, LiveSettings<?> nodes) {
        this.recorder = recorder;
        this.devices = devices;
        follow(registry, "device-config", devices);
        follow(registry, "node-config", nodes);
    }

    private void follow(MeterRegistry registry, String document, LiveSettings<?> settings) {
        Gauge.builder("migpool_config_valid", settings, s -> s.status().isValid() ? 1 : 0)
                .tag("document", document)
                .description("Whether the latest version of the document is in force")
                .register(registry);
        subscriptions.add(settings.onStatus(this::tell));
        tell(settings.status());
    }

    private void tell(SettingsStatus status) {
        if (!status.isValid()) {
            tell(status, "SettingsInvalid", "the last valid settings stay in force: " + status.message());
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
        return new EventSubject("ConfigMap", document.namespace(), document.name(), "");
    }

    @Override
    public void close() {
        subscriptions.forEach(Subscription::close);
    }
}
