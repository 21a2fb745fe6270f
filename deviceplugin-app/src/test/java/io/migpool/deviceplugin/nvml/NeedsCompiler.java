package io.migpool.deviceplugin.nvml;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests on the stand-in library; where no C compiler can build it they are reported as skipped, with the remedy.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsCompiler.Condition.class)
@interface NeedsCompiler {

    /** Looks for the compiler. */
    final class Condition implements ExecutionCondition {

        private static final System.Logger LOG = System.getLogger(NeedsCompiler.class.getName());

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if (hasCompiler()) {
                return ConditionEvaluationResult.enabled("gcc is there");
            }
            String reason = context.getDisplayName()
                    + " is NOT run: there is no gcc to build the stand-in for libnvidia-ml.so.1;"
                    + " install gcc and the C headers (Debian: apt-get install gcc libc6-dev)";
            LOG.log(System.Logger.Level.WARNING, reason);
            return ConditionEvaluationResult.disabled(reason);
        }

        private static boolean hasCompiler() {
            for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
                if (Files.isExecutable(Path.of(directory.isEmpty() ? "." : directory, "gcc"))) {
                    return true;
                }
            }
            return false;
        }
    }
}
