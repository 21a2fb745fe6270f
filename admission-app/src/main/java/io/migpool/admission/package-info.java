/**
 * The admission webhook as an application: {@link io.migpool.admission.AdmissionMain} starts it, its beans assemble the
 * packages below, which do the work. Of this package, {@code api} uses the settings; nothing else is used by another.
 */
@NullMarked
package io.migpool.admission;

import org.jspecify.annotations.NullMarked;
