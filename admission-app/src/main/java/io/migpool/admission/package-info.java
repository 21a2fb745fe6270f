/**
 * The admission webhook as an application: {@link io.migpool.admission.AdmissionMain} starts it, its beans assemble
 * the packages below, which do the work.
 */
@NullMarked
package io.migpool.admission;

import org.jspecify.annotations.NullMarked;
