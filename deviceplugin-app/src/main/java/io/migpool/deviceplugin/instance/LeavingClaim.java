package io.migpool.deviceplugin.instance;

import java.time.Instant;

/**
 * The claim of a pod that is gone while its containers may still run.
 *
 * @param ended when they have ended at the latest
 */
record LeavingClaim(PodClaim claim, Instant ended) {}
