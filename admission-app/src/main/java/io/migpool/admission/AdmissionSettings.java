package io.migpool.admission;

import io.migpool.runtime.settings.SettingsReader;
import org.eclipse.microprofile.config.Config;

/**
 * How reviews are taken and answered; read once.
 *
 * @param schedulerName the scheduler that GPU pods get ({@code migpool.admission.scheduler-name}); empty leaves them
 *     theirs
 * @param overwriteDefaultScheduler whether pods of the default scheduler get it too
 * @param maxBodyBytes the largest review that is read
 */
public record AdmissionSettings(String schedulerName, boolean overwriteDefaultScheduler, int maxBodyBytes) {

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is invalid; names the key, the value and what would be right
     */
    public static AdmissionSettings of(Config config) {
        SettingsReader own = new SettingsReader(config);
        return new AdmissionSettings(
                own.optionalText("migpool.admission.scheduler-name").orElse(""),
                own.flag("migpool.admission.overwrite-default-scheduler"),
                own.count("migpool.admission.max-body-bytes"));
    }
}
