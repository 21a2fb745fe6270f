package io.migpool.deviceplugin.geometry;

import java.util.Optional;

/**
 * Somebody who has been given a device and may use it at any time, whether or not a process of his runs now.
 *
 * @param name who, as the end of a sentence: {@code pod team-a/train}
 * @param podUid his uid if he is a pod, which can be asked to leave
 * @param deviceUuid what he has: {@code MIG-…}, or {@code GPU-…} for a GPU as a whole
 */
public record Occupant(String name, Optional<String> podUid, String deviceUuid) {}
