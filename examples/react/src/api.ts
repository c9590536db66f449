// The requests of a browser: the session is in a cookie that scripts cannot read.

/** A step of a login or signup. The pending step is the next one. */
export interface Flow {
  id: string;
  is_pending?: boolean;
}

export interface User {
  id: string;
  display: string;
  email?: string;
}

export interface Problem {
  code: string;
  message: string;
  /** The field of the form that is wrong. Absent if the problem concerns the whole request. */
  param?: string;
}

export interface Answer {
  status: number;
  data?: { user?: User; flows?: Flow[] };
  meta?: { is_authenticated?: boolean };
  errors?: Problem[];
}

/** Sends a request. Returns every status that the API documents, and throws no exception for it. */
export async function call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  // The first answer sets this cookie. Its value shows that the request comes from this page.
  const token = cookie("csrftoken");
  if (token && method !== "GET") headers["X-CSRFToken"] = token;
  const response = await fetch(`/_allauth/browser/v1/${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

/** Returns the step that the login waits for. */
export function pending(answer: Answer): string | undefined {
  return answer.data?.flows?.find((flow) => flow.is_pending)?.id;
}

function cookie(name: string): string | undefined {
  return document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
