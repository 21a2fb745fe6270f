package io.migpool.config;

import io.migpool.contracts.mig.BoardProfiles;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Compares settings with an actual board. */
final class BoardCheck {

    private final DeviceSettings settings;
    private final GpuInventory gpu;
    private final GpuModel model;
    private final Set<String> sentences = new LinkedHashSet<>();

    private BoardCheck(DeviceSettings settings, GpuInventory gpu) {
        this.settings = settings;
        this.gpu = gpu;
        this.model = new GpuModel(gpu.model(), gpu.memoryMiB());
    }

    static List<String> of(DeviceSettings settings, GpuInventory gpu) {
        BoardCheck check = new BoardCheck(settings, gpu);
        check.allowlist();
        check.geometries();
        return List.copyOf(check.sentences);
    }

    private void allowlist() {
        Optional<Set<MigProfile>> allowed = settings.allowedProfilesFor(model);
        allowed.ifPresent(profiles -> profiles.forEach(profile -> resolve("migProfileAllowlist", profile)));
        if (allowed.isEmpty()) {
            unlisted(
                    "migProfileAllowlist",
                    settings.migProfileAllowlist().stream()
                            .map(ModelProfiles::models)
                            .toList());
        }
    }

    private void geometries() {
        List<MigGeometry> geometries = settings.geometriesFor(model);
        geometries.forEach(this::fits);
        if (geometries.isEmpty()) {
            unlisted(
                    "knownMigGeometries",
                    settings.knownMigGeometries().stream()
                            .map(ModelGeometries::models)
                            .toList());
        }
    }

    private void unlisted(String table, List<List<String>> models) {
        if (!models.isEmpty()) {
            sentences.add(
                    "%s: no entry for model '%s' (listed: %s), so this board is not restricted; add the model to an entry to restrict it"
                            .formatted(
                                    table,
                                    gpu.model(),
                                    models.stream()
                                            .flatMap(List::stream)
                                            .distinct()
                                            .collect(Collectors.joining(", "))));
        }
    }

    private Optional<ProfileCapability> resolve(String table, MigProfile configured) {
        Optional<ProfileCapability> offered = gpu.resolve(configured);
        if (offered.isEmpty()) {
            sentences.add("%s: model '%s' has no profile %s, so it is never created; the board offers %s"
                    .formatted(table, gpu.model(), configured, names(gpu.profiles())));
        }
        return offered;
    }

    private void fits(MigGeometry geometry) {
        int units = 0;
        List<ProfileCapability> instances = new ArrayList<>();
        List<String> tooMany = new ArrayList<>();
        for (var entry : geometry.counts().entrySet()) {
            Optional<ProfileCapability> offered = resolve("knownMigGeometries", entry.getKey());
            if (offered.isEmpty()) {
                return;
            }
            ProfileCapability capability = offered.get();
            units += capability.size() * entry.getValue();
            if (entry.getValue() > capability.maxInstances()) {
                tooMany.add("at most %d of %s fit".formatted(capability.maxInstances(), entry.getKey()));
            } else {
                instances.addAll(Collections.nCopies(entry.getValue(), capability));
            }
        }
        if (units > gpu.units()) {
            tooMany.add("it needs %d of %d placement units".formatted(units, gpu.units()));
        }
        instances.sort(
                Comparator.comparingInt(ProfileCapability::size).reversed().thenComparing(ProfileCapability::profile));
        if (tooMany.isEmpty() && !BoardProfiles.fitTogether(instances, UnitMask.EMPTY)) {
            tooMany.add("they find no places side by side");
        }
        if (!tooMany.isEmpty()) {
            sentences.add(
                    "knownMigGeometries: geometry %s is more than model '%s' can hold (%s), so it is never filled; lower the counts"
                            .formatted(geometry, gpu.model(), String.join(", ", tooMany)));
        }
    }

    private static String names(Collection<ProfileCapability> profiles) {
        return profiles.isEmpty()
                ? "none"
                : profiles.stream().map(offered -> offered.profile().toString()).collect(Collectors.joining(", "));
    }
}
