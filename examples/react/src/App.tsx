import { useEffect, useState } from "react";
import { type Answer, call, pending } from "./api";
import { Form } from "./Form";

/** Shows the page for the state of the session: logged in, waiting for a step, or logged out. */
export function App() {
  const [session, setSession] = useState<Answer>();
  const [notice, setNotice] = useState<string>();

  const refresh = () => void call("GET", "auth/session").then(setSession);
  useEffect(refresh, []);

  // The link in the mail: https://.../accounts/confirm-email/{key}/
  const key = /^\/accounts\/confirm-email\/([^/]+)/.exec(location.pathname)?.[1];
  if (key) return <Verify linkKey={decodeURIComponent(key)} />;
  if (!session) return <p>Loading…</p>;

  const logOut = async () => {
    setSession(await call("DELETE", "auth/session"));
    setNotice("You are logged out.");
  };
  const proceed = (answer: Answer) => {
    setNotice(undefined);
    setSession(answer);
  };

  if (session.meta?.is_authenticated) {
    return (
      <>
        <h1>Hello, {session.data?.user?.display}</h1>
        <button onClick={() => void logOut()}>Log out</button>
      </>
    );
  }
  switch (pending(session)) {
    case "verify_email":
      return (
        <>
          <h1>Check your mail</h1>
          <p>Open the link in the mail that was sent to you, or enter the code from it.</p>
          <Form path="auth/email/verify" fields={[{ name: "key", label: "Code" }]} action="Verify" onAnswer={proceed} />
          <button onClick={() => void logOut()}>Cancel</button>
        </>
      );
    case "mfa_authenticate":
      return (
        <>
          <h1>Second factor</h1>
          <Form
            path="auth/2fa/authenticate"
            fields={[{ name: "code", label: "Code of your authenticator app", autoComplete: "one-time-code" }]}
            action="Continue"
            onAnswer={proceed}
          />
          <button onClick={() => void logOut()}>Cancel</button>
        </>
      );
    case undefined:
      return <LoggedOut notice={notice} onAnswer={proceed} />;
    default:
      return <p>This example has no page for the step “{pending(session)}”.</p>;
  }
}

function LoggedOut({ notice, onAnswer }: { notice?: string; onAnswer: (answer: Answer) => void }) {
  const [isNew, setNew] = useState(false);
  const email = { name: "email", label: "Email", type: "email", autoComplete: "username" };
  const password = { name: "password", label: "Password", type: "password" };
  return (
    <>
      <h1>{isNew ? "Sign up" : "Log in"}</h1>
      {notice && <p role="status">{notice}</p>}
      <Form
        // A new key creates a new form, without the problems of the previous one.
        key={String(isNew)}
        path={isNew ? "auth/signup" : "auth/login"}
        fields={[email, { ...password, autoComplete: isNew ? "new-password" : "current-password" }]}
        action={isNew ? "Sign up" : "Log in"}
        onAnswer={onAnswer}
      />
      <button onClick={() => setNew(!isNew)}>{isNew ? "I have an account" : "I am new here"}</button>
    </>
  );
}

/** Asks for confirmation before it verifies the address, because programs that check mails also open links. */
function Verify({ linkKey }: { linkKey: string }) {
  const [answer, setAnswer] = useState<Answer>();
  const verify = () => void call("POST", "auth/email/verify", { key: linkKey }).then(setAnswer);
  if (!answer) {
    return (
      <>
        <h1>Verify your address</h1>
        <button onClick={verify}>Verify</button>
      </>
    );
  }
  // 200: verified and logged in. 401: verified, and the user logs in next. 400 or 409: the link is invalid or was used.
  const isVerified = answer.status === 200 || answer.status === 401;
  return (
    <>
      <h1>{isVerified ? "Your address is verified" : "This link is invalid or has expired"}</h1>
      <a href="/">Continue</a>
    </>
  );
}
