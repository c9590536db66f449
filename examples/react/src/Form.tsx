import { type SubmitEvent, useState } from "react";
import { type Answer, type Problem, call } from "./api";

interface Field {
  name: string;
  label: string;
  type?: string;
  autoComplete?: string;
}

interface Props {
  path: string;
  fields: Field[];
  action: string;
  /** Called with every answer that is not a problem with the form. */
  onAnswer: (answer: Answer) => void;
}

/** Sends its fields to an endpoint, and shows the problems that the API finds beside the fields that have them. */
export function Form({ path, fields, action, onAnswer }: Props) {
  const [problems, setProblems] = useState<Problem[]>([]);
  const [isBusy, setBusy] = useState(false);

  async function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    const values = Object.fromEntries(new FormData(event.currentTarget));
    const answer = await call("POST", path, values).catch((): Answer => ({
      status: 0,
      errors: [{ code: "network", message: "The service does not answer. Try again." }],
    }));
    setBusy(false);
    setProblems(answer.errors ?? []);
    if (!answer.errors) onAnswer(answer);
  }

  const messages = (name?: string) =>
    problems
      .filter((problem) => problem.param === name || (!name && !fields.some((field) => field.name === problem.param)))
      .map((problem) => (
        <p role="alert" key={problem.code}>
          {problem.message}
        </p>
      ));

  return (
    <form onSubmit={(event) => void send(event)} noValidate>
      {messages()}
      {fields.map(({ label, ...field }) => (
        <label key={field.name}>
          {label}
          <input required {...field} />
          {messages(field.name)}
        </label>
      ))}
      <button disabled={isBusy}>{action}</button>
    </form>
  );
}
