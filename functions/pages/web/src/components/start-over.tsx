import { startOver } from '../flow';
import { t } from '../texts';
import { Button } from './button';

/** The button that gives up the login or signup that has begun. */
export const StartOver = ({ text = t.common.startOver }: { text?: string | undefined }) => (
  <Button kind="link" onClick={() => void startOver()}>
    {text}
  </Button>
);
