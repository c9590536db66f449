import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// This server forwards requests to the API, so page and API have one origin, as in production behind one domain.
const proxy = { "/_allauth": process.env.LATCHKEY ?? "http://localhost:8000" };

export default defineConfig({
  plugins: [react()],
  server: { port: 3000, strictPort: true, proxy },
  preview: { port: 3000, strictPort: true, proxy },
});
