import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Runs programs under observation: once without a fault, then with one injected at each step.
 *
 * <p>argv: the path of Steps.java. stdin: {"cases": [{"id", "path", "locks", "runs"}]}. stdout: one JSON trace a line, as
 * `tests/behaviour/trace.rs` reads it. A program is a class `Program` that extends `Steps`; expressions are evaluated in a
 * class that extends it. Each run loads its classes anew.
 */
class Driver {
    /** More events than this is a loop that a fault made endless. */
    static final int RUNAWAY = 400;

    /** Whoever is found to wait for a lock twice, this long apart, waits for ever. */
    static final long BLOCKED_MILLIS = 750;

    /** A thread that runs and runs is given up after so many looks. */
    static final int MOST_TIMES = 80;

    static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        String input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        String steps = Files.readString(Path.of(args[0]));
        Map<?, ?> jobs = (Map<?, ?>) new Json(input).value();
        // What the programs print is no trace.
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        for (Object job : (List<?>) jobs.get("cases")) {
            new Case((Map<?, ?>) job, steps).observe();
        }
        OUT.flush();
        // A blocked thread must not keep the driver alive.
        Runtime.getRuntime().halt(0);
    }

    /** One program. */
    static class Case {
        final Object id;
        final List<String> locks = new ArrayList<>();
        final List<String> runs = new ArrayList<>();
        final Map<String, byte[]> classes = new HashMap<>();
        final List<JavaFileObject> sources = new ArrayList<>();

        Case(Map<?, ?> job, String steps) throws Exception {
            id = job.get("id");
            ((List<?>) job.get("locks")).forEach(lock -> locks.add((String) lock));
            ((List<?>) job.get("runs")).forEach(run -> runs.add((String) run));
            byte[] text = Files.readAllBytes(Path.of((String) job.get("path")));
            String program = new String(text, StandardCharsets.UTF_8);
            sources.add(source("Steps", steps));
            // The compiler takes a byte order mark for a character.
            sources.add(source("Program", program.startsWith("\ufeff") ? program.substring(1) : program));
            sources.add(source("Runs", runsClass()));
        }

        String runsClass() {
            StringBuilder text = new StringBuilder("class Runs extends Program {\n");
            for (int run = 0; run < runs.size(); run++) {
                text.append("static Object run").append(run).append("() throws Exception { return value(() -> ");
                text.append(runs.get(run)).append("); }\n");
            }
            text.append("static long[] locks() throws Exception { return new long[] {");
            for (String lock : locks) text.append("held(").append(lock).append("), ");
            return text.append("}; }\n}\n").toString();
        }

        void observe() throws Exception {
            String error = compile();
            if (error != null) {
                OUT.println("{\"case\": " + id + ", \"error\": " + Json.quote(error) + "}");
                return;
            }
            for (int run = 0; run < runs.size(); run++) {
                int steps = new Observation(this, run, 0).report();
                for (int fault = 1; fault <= steps; fault++) new Observation(this, run, fault).report();
            }
        }

        String compile() throws Exception {
            DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
            JavaFileManager files = COMPILER.getStandardFileManager(said, null, StandardCharsets.UTF_8);
            JavaFileManager inMemory = new ForwardingJavaFileManager<>(files) {
                @Override
                public JavaFileObject getJavaFileForOutput(
                        Location at, String name, JavaFileObject.Kind kind, FileObject of) {
                    return new SimpleJavaFileObject(URI.create("mem:///" + name), kind) {
                        @Override
                        public OutputStream openOutputStream() {
                            return new ByteArrayOutputStream() {
                                @Override
                                public void close() {
                                    classes.put(name, toByteArray());
                                }
                            };
                        }
                    };
                }
            };
            List<String> options = List.of("-proc:none", "-nowarn", "-Xlint:none");
            if (COMPILER.getTask(null, inMemory, said, options, null, sources).call()) return null;
            StringBuilder errors = new StringBuilder();
            for (Diagnostic<?> one : said.getDiagnostics()) {
                if (one.getKind() == Diagnostic.Kind.ERROR) errors.append(one).append('\n');
            }
            return errors.toString();
        }
    }

    static JavaFileObject source(String name, String text) {
        return new SimpleJavaFileObject(URI.create("mem:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignored) {
                return text;
            }
        };
    }

    /** One execution: the events so far, and when to fail. */
    static class Observation {
        final Case of;
        final int run;
        final int faultAt;
        final Map<String, Object> trace = new TreeMap<>();
        final List<Object> events = new ArrayList<>();
        Method locks;
        int steps;
        volatile boolean over;

        Observation(Case of, int run, int faultAt) {
            this.of = of;
            this.run = run;
            this.faultAt = faultAt;
        }

        boolean fails(String name) {
            if (over) return false;
            if (events.size() > RUNAWAY) throw new IllegalStateException("runaway");
            events.add(Map.of("name", name, "held", held()));
            steps++;
            return steps == faultAt;
        }

        long[] held() {
            try {
                return (long[]) locks.invoke(null);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Runs and prints; returns the number of steps. */
        int report() throws Exception {
            ClassLoader loader = new ClassLoader() {
                @Override
                protected Class<?> findClass(String name) throws ClassNotFoundException {
                    byte[] code = of.classes.get(name);
                    if (code == null) throw new ClassNotFoundException(name);
                    return defineClass(name, code, 0, code.length);
                }
            };
            Class<?> runs = loader.loadClass("Runs");
            var hook = loader.loadClass("Steps").getDeclaredField("fails");
            hook.setAccessible(true);
            hook.set(null, (Function<String, Boolean>) this::fails);
            locks = runs.getDeclaredMethod("locks");
            locks.setAccessible(true);
            Method call = runs.getDeclaredMethod("run" + run);
            call.setAccessible(true);
            trace.put("case", of.id);
            trace.put("run", run);
            trace.put("fault", faultAt);
            // Who holds a lock is a thread: the one that runs the program also asks.
            Thread runner = new Thread(() -> {
                trace.put("initial", held());
                Map<String, String> outcome = outcome(call);
                long[] last = held();
                synchronized (this) {
                    if (over) return;
                    over = true;
                    trace.put("outcome", outcome);
                    trace.put("final", last);
                }
            });
            runner.setDaemon(true);
            runner.start();
            waitFor(runner);
            synchronized (this) {
                if (!over) {
                    over = true;
                    trace.put("outcome", Map.of("kind", "hang", "text", ""));
                    trace.put("final", trace.get("initial"));
                }
            }
            trace.put("events", events);
            OUT.println(Json.write(trace));
            return steps;
        }

        /** Waits until the thread ends, or for a lock. One that the machine has no time for is not blocked. */
        void waitFor(Thread runner) throws InterruptedException {
            int seen = -1;
            for (int times = 0; times < MOST_TIMES; times++) {
                runner.join(BLOCKED_MILLIS);
                boolean waits = runner.getState() != Thread.State.RUNNABLE;
                if (waits && seen == events.size()) return;
                seen = waits ? events.size() : -1;
            }
        }

        static Map<String, String> outcome(Method call) {
            try {
                // Where an object lies is no part of what it is.
                String value = String.valueOf(call.invoke(null)).replaceAll("@[0-9a-f]+", "");
                return Map.of("kind", "value", "text", value);
            } catch (InvocationTargetException e) {
                StringBuilder text = new StringBuilder();
                for (Throwable at = e.getCause(); at != null; at = at.getCause()) {
                    text.append(text.length() > 0 ? " from " : "").append(at);
                }
                return Map.of("kind", "throw", "text", text.toString());
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** As much of JSON as the jobs and traces need. */
    static class Json {
        final String text;
        int at;

        Json(String text) {
            this.text = text;
        }

        Object value() {
            char first = next();
            switch (first) {
                case '{': {
                    Map<String, Object> map = new HashMap<>();
                    at++;
                    while (next() != '}') {
                        String key = string();
                        next();
                        at++;
                        map.put(key, value());
                        if (next() == ',') at++;
                    }
                    at++;
                    return map;
                }
                case '[': {
                    at++;
                    List<Object> list = new ArrayList<>();
                    while (next() != ']') {
                        list.add(value());
                        if (next() == ',') at++;
                    }
                    at++;
                    return list;
                }
                case '"':
                    return string();
                default: {
                    int start = at;
                    while (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '-') at++;
                    return text.substring(start, at);
                }
            }
        }

        /** The next character that is no white space. */
        char next() {
            while (Character.isWhitespace(text.charAt(at))) at++;
            return text.charAt(at);
        }

        String string() {
            StringBuilder out = new StringBuilder();
            for (at++; text.charAt(at) != '"'; at++) {
                char c = text.charAt(at);
                if (c != '\\') {
                    out.append(c);
                    continue;
                }
                c = text.charAt(++at);
                switch (c) {
                    case 'n': out.append('\n'); break;
                    case 't': out.append('\t'); break;
                    case 'r': out.append('\r'); break;
                    case 'u':
                        out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                        at += 4;
                        break;
                    default: out.append(c);
                }
            }
            at++;
            return out.toString();
        }

        static String write(Object value) {
            StringBuilder out = new StringBuilder();
            String separator = "";
            if (value instanceof Map) {
                for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                    out.append(separator).append(quote((String) entry.getKey())).append(": ");
                    // The number of the case came as text.
                    boolean raw = entry.getKey().equals("case");
                    out.append(raw ? entry.getValue() : write(entry.getValue()));
                    separator = ", ";
                }
                return "{" + out + "}";
            }
            if (value instanceof List) {
                for (Object one : (List<?>) value) {
                    out.append(separator).append(write(one));
                    separator = ", ";
                }
                return "[" + out + "]";
            }
            if (value instanceof long[]) {
                for (long one : (long[]) value) {
                    out.append(separator).append(one);
                    separator = ", ";
                }
                return "[" + out + "]";
            }
            return value instanceof String ? quote((String) value) : String.valueOf(value);
        }

        static String quote(String text) {
            StringBuilder out = new StringBuilder("\"");
            for (char c : text.toCharArray()) {
                if (c == '"' || c == '\\') {
                    out.append('\\').append(c);
                } else if (c < ' ' || c > '~') {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
            return out.append('"').toString();
        }
    }
}
