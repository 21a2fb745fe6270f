package io.migpool.deviceplugin.geometry;

import java.util.Optional;

/**
 * A pod or other user that has been given a device and may use it at any time, whether or not one of its processes is
 * running.
 *
 * @param name its name, as the end of a sentence: {@code pod team-a/train}
 * @param podUid the uid if it is a pod, which can be asked to leave
 * @param deviceUuid its device: {@code MIG-…}, or {@code GPU-…} for a GPU as a whole
 */
public record Occupant(String name, Optional<String> podUid, String deviceUuid) {}
